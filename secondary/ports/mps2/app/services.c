/* SPDX-License-Identifier: Apache-2.0
 *
 * Supervisor calls behind the table of services: see services.h.
 */
#include "secondary/ports/mps2/app/services.h"

#include "secondary/ports/mps2/layout.h"
#include "secondary/ports/mps2/service.h"

#define CONSOLE_DATA (*(volatile uint32_t *)0x40005000u)
#define CONSOLE_STATE (*(volatile uint32_t *)0x40005004u)

static uint64_t call(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
	register uint32_t r0 __asm("r0") = number;
	register uint32_t r1 __asm("r1") = a;
	register uint32_t r2 __asm("r2") = b;
	register uint32_t r3 __asm("r3") = c;

	__asm volatile("svc #0" : "+r"(r0), "+r"(r1) : "r"(r2), "r"(r3) : "memory");
	return (uint64_t)r1 << 32 | r0;
}

static uint32_t address(const volatile void *p)
{
	return (uint32_t)(uintptr_t)p;
}

static enum cot_err outcome(uint64_t answer)
{
	return (enum cot_err)(int32_t)(uint32_t)answer;
}

static void service_poll(bool may_program)
{
	(void)call(MPS2_SVC_POLL, may_program ? 1u : 0u, 0, 0);
}

static enum cot_err service_handed(struct cot_confirm *ret)
{
	return outcome(call(MPS2_SVC_HANDED, address(ret), 0, 0));
}

static enum cot_err service_program(uint32_t offset, struct cot_slice data)
{
	return outcome(call(MPS2_SVC_PROGRAM, offset, address(data.ptr), (uint32_t)data.len));
}

static enum cot_err service_report(uint8_t *ret, size_t max, size_t *ret_len)
{
	return outcome(call(MPS2_SVC_REPORT, address(ret), (uint32_t)max, address(ret_len)));
}

static uint64_t service_now(void)
{
	return call(MPS2_SVC_NOW, 0, 0, 0);
}

const struct cot_services mps2_services = {
	.poll = service_poll,
	.handed = service_handed,
	.program = service_program,
	.report = service_report,
	.now_ms = service_now,
	.unit = MPS2_UNIT
};

static void put(char c)
{
	while (CONSOLE_STATE & 1u) {
	}
	CONSOLE_DATA = (uint32_t)(uint8_t)c;
}

void app_say(const char *text)
{
	while (*text)
		put(*text++);
}

void app_say_hex(uint32_t value)
{
	int shift;

	for (shift = 28; shift >= 0; shift -= 4)
		put("0123456789abcdef"[value >> shift & 15u]);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The firmware's half of `make vectors`: reads cases.bin from the folder QEMU
 * was started in, answers each case with the product's crypto, and writes
 * answers.bin.  Files go through semihosting, so that no driver of ours stands
 * between the cases and the code under test.  Exit status 0, or the number of
 * what went wrong.
 */
#include "keys/crypto/report_sign.h"
#include "tests/metal/vectors.h"

#include <string.h>

enum failure { NO_CASES = 10, NO_ANSWERS, BAD_CASE, SHORT_CASE, NOT_WRITTEN, FAULT };

extern uint8_t fw_stack_bottom[], fw_stack_top[];

/* ---- semihosting ------------------------------------------------------------------ */

#define SYS_OPEN 0x01u
#define SYS_CLOSE 0x02u
#define SYS_WRITE 0x05u
#define SYS_READ 0x06u
#define SYS_EXIT_EXTENDED 0x20u
#define READ_BINARY 1u
#define WRITE_BINARY 5u
#define APPLICATION_EXIT 0x20026u

static uint32_t host_call(uint32_t operation, const void *block)
{
	register uint32_t r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = block;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

__attribute__((noreturn)) static void leave(uint32_t status)
{
	uint32_t block[2] = { APPLICATION_EXIT, status };

	for (;;)
		(void)host_call(SYS_EXIT_EXTENDED, block);
}

static uint32_t host_open(const char *name, uint32_t mode, enum failure otherwise)
{
	uint32_t block[3] = { (uint32_t)(uintptr_t)name, mode, (uint32_t)strlen(name) };
	uint32_t file = host_call(SYS_OPEN, block);

	if (file == UINT32_MAX)
		leave(otherwise);
	return file;
}

/* The number of bytes that did not come. */
static uint32_t host_read(uint32_t file, void *ret, uint32_t len)
{
	uint32_t block[3] = { file, (uint32_t)(uintptr_t)ret, len };

	return host_call(SYS_READ, block);
}

static void host_write(uint32_t file, const void *bytes, uint32_t len)
{
	uint32_t block[3] = { file, (uint32_t)(uintptr_t)bytes, len };

	if (host_call(SYS_WRITE, block) != 0)
		leave(NOT_WRITTEN);
}

/* ---- what a case costs ------------------------------------------------------------ */

#define SYSTICK ((volatile uint32_t *)0xe000e010u)
#define TICKS_MAX 0xffffffu
#define PAINT 0xc5u
#define SPARED 64u /* below the painter's own frame */

static uint8_t *stack_now(void)
{
	uint8_t *sp;

	__asm__ volatile("mov %0, sp" : "=r"(sp));
	return sp;
}

__attribute__((noinline)) static void paint(void)
{
	volatile uint8_t *p = fw_stack_bottom, *end = stack_now() - SPARED;

	while (p < end)
		*p++ = PAINT;
}

__attribute__((noinline)) static uint32_t painted_depth(const uint8_t *from)
{
	const uint8_t *p = fw_stack_bottom;

	while (p < from && *p == PAINT)
		p++;
	return (uint32_t)(from - p);
}

/* ---- one case --------------------------------------------------------------------- */

struct work {
	uint32_t kind;
	bool dump;
	enum cot_scheme scheme;
	struct cot_slice key, sig, msg;
	int first, second;
	uint8_t made[COT_MAX_SIG_LEN];
};

static uint32_t number(const uint8_t *p, size_t len)
{
	uint32_t n = 0;

	while (len-- > 0)
		n = n << 8 | p[len];
	return n;
}

static void put(uint8_t *p, uint32_t n, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(n >> (8 * i));
}

__attribute__((noinline)) static void run(struct work *w)
{
	size_t len = 0;

	if (w->kind == VECTOR_VERIFY) {
		w->first = cot_crypto_sodium.key_check(w->scheme, w->key);
		w->second = cot_crypto_sodium.verify(w->scheme, w->key, w->sig, w->msg);
		return;
	}
	w->first = (w->scheme == COT_SCHEME_HMAC_SHA256 ? cot_report_sign_hmac :
	                                                  cot_report_sign_ed25519)(
		w->scheme, w->key.ptr,
		w->key.len > COT_REPORT_SECRET_LEN ? w->key.ptr + COT_REPORT_SECRET_LEN : NULL,
		w->msg, w->made, &len);
	w->second = (int)len;
}

static void answer(struct work *w, uint8_t ret[VECTOR_ANSWER])
{
	uint8_t *from = stack_now();
	uint32_t ticks;

	memset(ret, 0, VECTOR_ANSWER);
	memset(w->made, 0, sizeof(w->made));
	paint();
	SYSTICK[1] = TICKS_MAX;
	SYSTICK[2] = 0;
	SYSTICK[0] = 5; /* on, at the processor's clock, no interrupt */
	__asm__ volatile("" : : : "memory");
	run(w);
	__asm__ volatile("" : : : "memory");
	ticks = TICKS_MAX - SYSTICK[2];
	put(ret, (uint32_t)w->first, 2);
	put(ret + 2, (uint32_t)w->second, 2);
	put(ret + 4, ticks, 4);
	put(ret + 8, painted_depth(from), 4);
	memcpy(ret + VECTOR_SIG_AT, w->made, VECTOR_ANSWER - VECTOR_SIG_AT);
}

/* False at the end of the file. */
static bool next_case(uint32_t file, struct work *w)
{
	static uint8_t body[VECTOR_MAX];
	uint8_t head[VECTOR_HEAD];
	uint32_t lacking = host_read(file, head, VECTOR_HEAD), len;

	if (lacking == VECTOR_HEAD)
		return false;
	w->kind = head[0];
	w->scheme = (enum cot_scheme)head[1];
	w->dump = head[6] != 0;
	w->key = cot_slice(body, number(head + 2, 2));
	w->sig = cot_slice(body + w->key.len, number(head + 4, 2));
	w->msg = cot_slice(w->sig.ptr + w->sig.len, number(head + 8, 4));
	len = (uint32_t)(w->key.len + w->sig.len);
	if (lacking != 0 || len > VECTOR_MAX || w->msg.len > VECTOR_MAX - len)
		leave(BAD_CASE);
	len += (uint32_t)w->msg.len;
	if (len > 0 && host_read(file, body, len) != 0)
		leave(SHORT_CASE);
	return true;
}

int main(void);
int main(void)
{
	static struct work w;
	uint8_t out[VECTOR_ANSWER];
	uint32_t cases = host_open("cases.bin", READ_BINARY, NO_CASES);
	uint32_t answers = host_open("answers.bin", WRITE_BINARY, NO_ANSWERS);
	uint32_t stacks = host_open("stack.bin", WRITE_BINARY, NO_ANSWERS);

	while (next_case(cases, &w)) {
		answer(&w, out);
		if (w.dump)
			host_write(stacks, fw_stack_bottom, VECTOR_STACK);
		host_write(answers, out, sizeof(out));
	}
	(void)host_call(SYS_CLOSE, &answers);
	(void)host_call(SYS_CLOSE, &stacks);
	leave(0);
}

/* ---- start ------------------------------------------------------------------------ */

void fw_start(void);
void fw_start(void)
{
	(void)main();
	leave(FAULT);
}

static void fault(void)
{
	leave(FAULT);
}

struct vectors {
	uint8_t *stack;
	void (*handler[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
	fw_stack_top, { fw_start, fault, fault, fault, fault, fault }
};

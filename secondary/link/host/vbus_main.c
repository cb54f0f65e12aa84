/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter-vbus: a virtual CAN bus for vbus: addresses.
 */
#include "secondary/link/host/vbus.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

static const char usage[] =
	"usage: cotter-vbus PATH [options]\n"
	"\n"
	"Runs a virtual CAN bus on the socket PATH until it is told to end (SIGTERM,\n"
	"SIGINT). Nodes join it by link addresses such as vbus:PATH/7E0,7E8.\n"
	"\n"
	"  --bitrate N     bits per second (500000)\n"
	"  --capture FILE  write every frame to FILE, as candump -l does\n"
	"  --paced K       a second on the bus takes K seconds of wall time; without\n"
	"                  it the bus runs as fast as its nodes\n"
	"  --lockstep N    the bus gives its N nodes their time: equal runs give equal\n"
	"                  captures\n"
	"  --help          this text\n";

struct arguments {
	struct cot_vbus_options options;
	const char *capture;
};

static enum cot_err fail(const char *what, enum cot_err err)
{
	const char *hint = cot_err_hint(err);

	fprintf(stderr, "cotter-vbus: %s: %s (%s)\n", what, cot_err_sentence(err),
	        cot_err_word(err));
	if (*hint)
		fprintf(stderr, "hint: %s\n", hint);
	return err;
}

/* A whole positive number, or 0. */
static double number(const char *text)
{
	char *end = NULL;
	double value = strtod(text, &end);

	return end && *end == '\0' && value > 0 && value <= 1e9 ? value : 0;
}

static enum cot_err set_option(struct arguments *args, const char *name, const char *value)
{
	double n = number(value);

	if (strcmp(name, "--capture") == 0) {
		args->capture = value;
		return COT_OK;
	}
	if (n <= 0)
		return COT_E_USAGE;
	if (strcmp(name, "--bitrate") == 0 && n >= 1) {
		args->options.bitrate = (uint32_t)n;
	} else if (strcmp(name, "--paced") == 0) {
		args->options.mode = COT_VBUS_PACED;
		args->options.pace = n;
	} else if (strcmp(name, "--lockstep") == 0 && n >= 1 && n <= COT_VBUS_NODES) {
		args->options.mode = COT_VBUS_LOCKSTEP;
		args->options.nodes = (unsigned int)n;
	} else {
		return COT_E_USAGE;
	}
	return COT_OK;
}

static enum cot_err parse(int argc, char **argv, struct arguments *ret)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0) {
			if (ret->options.path)
				return COT_E_USAGE;
			ret->options.path = argv[i];
		} else {
			if (i + 1 == argc || set_option(ret, argv[i], argv[i + 1]))
				return COT_E_USAGE;
			i++;
		}
	}
	return ret->options.path ? COT_OK : COT_E_USAGE;
}

static int stop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static enum cot_err run(struct arguments *args)
{
	struct cot_vbus bus;
	enum cot_err err;

	if (args->capture) {
		args->options.capture = fopen(args->capture, "we");
		if (!args->options.capture)
			return fail(args->capture, COT_E_IO);
	}
	args->options.stop_fd = stop_signals();
	err = cot_vbus_serve(&args->options, &bus);
	if (args->options.capture && fclose(args->options.capture) != 0 && err == COT_OK)
		err = COT_E_IO;
	if (err)
		return fail(args->options.path, err);
	printf("cotter-vbus: frames %llu, bits %llu, bus time %llu.%03llu s\n",
	       (unsigned long long)bus.frames, (unsigned long long)bus.bits,
	       (unsigned long long)(bus.now_ns / 1000000000u),
	       (unsigned long long)(bus.now_ns / 1000000u % 1000u));
	return COT_OK;
}

int main(int argc, char **argv)
{
	struct arguments args = { .options = { .bitrate = 500000, .mode = COT_VBUS_FREE,
		                               .pace = 1, .stop_fd = -1 } };

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return COT_EXIT_DONE;
	}
	if (parse(argc, argv, &args)) {
		fputs(usage, stderr);
		return COT_EXIT_USAGE;
	}
	return (int)cot_err_exit(run(&args));
}

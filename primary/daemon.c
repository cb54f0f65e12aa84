/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon around its rounds: see daemon.h.
 */
#include "primary/daemon.h"

#include "keys/host/file.h"
#include "primary/log.h"
#include "primary/notify.h"
#include "primary/status.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define RECORD_MAX (64u * 1024u * 1024u)
#define NAP_MS 1000

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
	(void)number;
	stopping = 1;
}

/* ---- what a round is given ---------------------------------------------------------- */

static uint64_t monotonic_ms(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

static enum cot_err random_bytes(void *ctx, uint8_t *ret, size_t len)
{
	(void)ctx;
	return getrandom(ret, len, 0) == (ssize_t)len ? COT_OK : COT_E_INTERNAL;
}

static enum cot_err on_idle(void *ctx)
{
	struct cot_daemon *d = ctx;

	cot_control_poll(&d->control, 0);
	cot_notify("WATCHDOG=1");
	return stopping ? COT_E_BUSY : COT_OK;
}

static void on_activity(void *ctx, const char *word)
{
	struct cot_daemon *d = ctx;
	char message[64];

	d->activity = word;
	snprintf(message, sizeof(message), "STATUS=%s", word);
	cot_notify(message);
}

static json_t *on_command(void *ctx, const char *command)
{
	struct cot_daemon *d = ctx;
	json_t *tree = NULL;
	enum cot_err err;

	if (strcmp(command, "status") != 0)
		return NULL;
	err = cot_status_build(&d->config, &cot_crypto_full, d->activity, &tree);
	return err == COT_OK ? tree : json_pack("{s:o}", "error", cot_status_error(err));
}

/* ---- opening ------------------------------------------------------------------------ */

static enum cot_err begin_store(struct cot_daemon *d)
{
	uint8_t *record = malloc(RECORD_MAX);
	size_t len = 0;
	enum cot_err err;

	d->doing = d->config.provision;
	if (record == NULL)
		return COT_E_MEMORY;
	err = cot_file_read(d->config.provision, false, record, RECORD_MAX, &len);
	if (err == COT_OK)
		err = cot_store_begin(&d->store, cot_slice(record, len));
	free(record);
	if (err == COT_OK)
		cot_log(COT_LOG_INFO, "store", "begun from the provisioning record number=%u vehicle=%.*s",
		        d->store.provision.number, COT_LOG_SLICE(d->store.provision.vehicle));
	return err;
}

static enum cot_err open_store(struct cot_daemon *d)
{
	enum cot_err err;

	d->doing = d->config.state;
	err = cot_store_open(&d->store, d->config.state, COT_STORE_WRITE, &cot_fs_real,
	                     &cot_crypto_full);
	return err == COT_E_UNPROVISIONED ? begin_store(d) : err;
}

static enum cot_err read_passphrase(struct cot_daemon *d, uint8_t *buf, size_t max,
                                    struct cot_passphrase_source *ret)
{
	size_t len;
	enum cot_err err;

	d->doing = d->config.passphrase_file;
	err = cot_file_read(d->config.passphrase_file, true, buf, max, &len);
	if (err != COT_OK)
		return err;
	while (len > 0 && (buf[len - 1] == '\n' || buf[len - 1] == '\r'))
		len--;
	ret->kind = COT_PASSPHRASE_GIVEN;
	ret->given = cot_slice(buf, len);
	return COT_OK;
}

static enum cot_err open_signer(struct cot_daemon *d)
{
	uint8_t buf[COT_MAX_PASSPHRASE + 2];
	struct cot_passphrase_source source;
	bool locked = d->config.passphrase_file[0] != '\0';
	enum cot_err err = COT_OK;

	memset(&source, 0, sizeof(source));
	if (locked)
		err = read_passphrase(d, buf, sizeof(buf), &source);
	if (err == COT_OK) {
		d->doing = d->config.key;
		err = cot_signer_open(d->config.key, locked ? &source : NULL, &d->signer);
	}
	explicit_bzero(buf, sizeof(buf));
	if (err == COT_OK)
		err = cot_manifest_check_signer(&d->store, d->signer);
	return err;
}

static enum cot_err open_fetch(struct cot_daemon *d)
{
	const struct cot_config *c = &d->config;
	const struct cot_fetch_terms terms = { .ca = c->ca, .proxy = c->proxy,
		                               .allow_http = c->allow_http,
		                               .min_rate = c->min_rate,
		                               .window_ms = c->window_s * 1000u,
		                               .connect_ms = c->connect_s * 1000u,
		                               .total_ms = c->total_s * 1000u,
		                               .idle = on_idle, .ctx = d };

	d->doing = "network";
	return cot_fetch_open(&terms, &d->fetch);
}

static void set_round(struct cot_daemon *d)
{
	struct cot_round *r = &d->round;

	r->config = &d->config;
	r->crypto = &cot_crypto_full;
	r->fs = &cot_fs_real;
	r->store = &d->store;
	r->fetch = d->fetch;
	r->signer = d->signer;
	r->progress = &d->progress;
	r->now_ms = monotonic_ms;
	r->random = random_bytes;
	r->idle = on_idle;
	r->activity = on_activity;
	r->ctx = d;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

enum cot_err cot_daemon_open(struct cot_daemon *d, bool control)
{
	enum cot_err err;

	d->activity = "idle";
	d->control.fd = -1;
	d->control.answer = on_command;
	d->control.ctx = d;
	catch_signals();
	err = open_store(d);
	if (err == COT_OK)
		err = open_signer(d);
	if (err == COT_OK)
		err = open_fetch(d);
	if (err == COT_OK && control && d->config.control[0] != '\0') {
		d->doing = d->config.control;
		err = cot_control_open(&d->control, d->config.control);
	}
	set_round(d);
	return err;
}

void cot_daemon_close(struct cot_daemon *d)
{
	cot_control_close(&d->control);
	cot_fetch_close(d->fetch);
	cot_signer_close(d->signer);
	cot_store_close(&d->store);
}

/* ---- rounds ------------------------------------------------------------------------- */

static long cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

enum cot_err cot_daemon_once(struct cot_daemon *d)
{
	unsigned requests = cot_fetch_requests(d->fetch);
	long before = cpu_us();
	enum cot_err err;

	d->doing = "update cycle";
	err = cot_round_run(&d->round);
	cot_log(COT_LOG_INFO, "daemon", "round over word=%s requests=%u cpu_us=%ld",
	        cot_err_word(err), cot_fetch_requests(d->fetch) - requests, cpu_us() - before);
	return err;
}

/* A fleet that lost power together must not ask together. */
static uint64_t pause_ms(const struct cot_daemon *d)
{
	uint32_t random = 0;
	uint64_t pause = d->config.interval_s * 1000ull;

	if (d->config.jitter_s == 0 || random_bytes(NULL, (uint8_t *)&random, sizeof(random)))
		return pause;
	return pause + random % (d->config.jitter_s * 1000ull);
}

static void rest(struct cot_daemon *d)
{
	uint64_t end = monotonic_ms(NULL) + pause_ms(d);
	uint64_t now;

	while (!stopping && (now = monotonic_ms(NULL)) < end) {
		cot_notify("WATCHDOG=1");
		cot_control_poll(&d->control, end - now < NAP_MS ? (int)(end - now) : NAP_MS);
	}
}

void cot_daemon_run(struct cot_daemon *d)
{
	cot_notify("READY=1\nSTATUS=idle");
	while (!stopping) {
		if (cot_daemon_once(d) != COT_OK && stopping)
			break;
		cot_daemon_tell(d);
		rest(d);
	}
	cot_notify("STOPPING=1");
	cot_log(COT_LOG_INFO, "daemon", "stopped by a signal");
}

/* ---- telling ------------------------------------------------------------------------ */

static void tell_error(const struct cot_outcome *o)
{
	if (o->repo < COT_MAX_REPOS)
		fprintf(stderr, "cotterd: update cycle, %s %s: %s (%s)\n",
		        cot_state_repo_name(o->repo), cot_role_name(o->role),
		        cot_err_sentence(o->err), cot_err_word(o->err));
	else
		fprintf(stderr, "cotterd: update cycle: %s (%s)\n", cot_err_sentence(o->err),
		        cot_err_word(o->err));
	if (cot_err_hint(o->err)[0] != '\0')
		fprintf(stderr, "hint: %s\n", cot_err_hint(o->err));
}

/* ECUs whose trouble is not the round's one error. */
static void tell_ecus(const struct cot_daemon *d)
{
	const struct cot_outcome *o = &d->round.outcome;
	size_t i;

	for (i = 0; i < d->store.state.ecu_count; i++) {
		if (o->ecu_err[i] != COT_OK)
			fprintf(stderr, "cotterd: ECU %s: %s (%s)\n", d->store.state.ecus[i].serial,
			        cot_err_sentence(o->ecu_err[i]), cot_err_word(o->ecu_err[i]));
	}
}

void cot_daemon_tell(const struct cot_daemon *d)
{
	const struct cot_outcome *o = &d->round.outcome;

	tell_ecus(d);
	if (o->err != COT_OK)
		tell_error(o);
	else if (o->installed > 0)
		printf("cotterd: update cycle: done, %zu installed and confirmed\n", o->installed);
	else if (o->updated)
		printf("cotterd: update cycle: done, new orders are trusted, nothing to install\n");
	else
		printf("cotterd: update cycle: nothing to do, all ECUs run what is ordered\n");
	fflush(stdout);
}

int cot_daemon_exit(const struct cot_daemon *d)
{
	const struct cot_outcome *o = &d->round.outcome;

	if (o->err != COT_OK)
		return (int)cot_err_exit(o->err);
	return o->installed > 0 || o->updated ? COT_EXIT_DONE : COT_EXIT_NOTHING;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A gateway that has been taken over.
 *
 * It has the whole bus, every file the repositories ever published, and fresh
 * signed time (which anybody may ask for), but no key.  It tries to make one
 * ECU go back: older Director Targets, validly signed and not expired, and the
 * image they ordered.
 *
 *   hostile_primary --link URI --ecu SERIAL --targets FILE [--image FILE] --time COMMAND
 *
 * COMMAND gets {"nonces":["HEX"]} on its standard input and prints a signed time
 * message.  What the ECU answered is printed; the exit status is 0 if the ECU
 * took anything, and that of the refusal otherwise.
 */
#include "keys/encode.h"
#include "metadata/host/canon.h"
#include "metadata/policy.h"
#include "secondary/link/host/transport.h"
#include "secondary/link/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX 65536u
#define STEP 256u

struct attack {
	struct cot_link *link;
	struct cot_transport_terms terms;
	const char *uri;
	struct cot_slice ecu;
};

static enum cot_err open_link(struct attack *a)
{
	struct cot_transport_note note = { "" };
	enum cot_err err = cot_transport_open(a->uri, COT_TRANSPORT_CLIENT, &a->link, &note);

	if (err != COT_OK)
		fprintf(stderr, "hostile: %s: %s\n", a->uri, note.text);
	return err;
}

/* One request; a negative response becomes the nearest error. */
static enum cot_err ask(struct attack *a, const struct cot_uds_request *request,
                        uint8_t buf[COT_LINK_MAX], struct cot_uds_response *ret)
{
	uint8_t pdu[COT_LINK_MAX];
	size_t len;
	struct cot_transport_answer answer = { buf, COT_LINK_MAX, 0 };
	enum cot_err err = cot_uds_build_request(request, pdu, sizeof pdu, &len);

	if (err == COT_OK)
		err = cot_transport_exchange(a->link, &a->terms, cot_slice(pdu, len), &answer);
	if (err == COT_OK)
		err = cot_uds_parse_response(cot_slice(buf, answer.len), ret);
	if (err == COT_OK && ret->nrc != COT_NRC_NONE)
		err = cot_uds_err_of(ret->nrc);
	return err;
}

static enum cot_err ask_routine(struct attack *a, uint16_t id, struct cot_slice option)
{
	struct cot_uds_request q = { .sid = COT_UDS_ROUTINE, .sub = COT_UDS_ROUTINE_START, .id = id,
	                             .data = option };
	struct cot_uds_response r;
	uint8_t buf[COT_LINK_MAX];
	enum cot_err outcome = COT_OK;
	enum cot_err err = ask(a, &q, buf, &r);

	if (err == COT_OK)
		err = cot_outcome_decode(r.data, &outcome);
	return err == COT_OK ? outcome : err;
}

static enum cot_err read_status(struct attack *a, struct cot_node_status *ret)
{
	struct cot_uds_request q = { .sid = COT_UDS_READ, .id = COT_DID_STATUS };
	struct cot_uds_response r;
	uint8_t buf[COT_LINK_MAX];
	enum cot_err err = ask(a, &q, buf, &r);

	return err == COT_OK ? cot_node_status_decode(r.data, ret) : err;
}

/* A programming session resets the application into the loader, and the line
 * with it: ask again until the loader answers. */
static enum cot_err enter_loader(struct attack *a)
{
	struct cot_uds_request q = { .sid = COT_UDS_SESSION, .sub = COT_UDS_SESSION_PROGRAMMING };
	struct timespec pause = { 0, 50000000 };
	struct cot_node_status status;
	struct cot_uds_response r;
	uint8_t buf[COT_LINK_MAX];
	enum cot_err err = ask(a, &q, buf, &r);

	for (int i = 0; err == COT_OK && i < 100; i++) {
		nanosleep(&pause, NULL);
		cot_transport_close(a->link);
		a->link = NULL;
		if (open_link(a) == COT_OK && read_status(a, &status) == COT_OK &&
		    status.mode != COT_MODE_APPLICATION)
			return COT_OK;
	}
	return err == COT_OK ? COT_E_ECU_SILENT : err;
}

static enum cot_err send_blocks(struct attack *a, struct cot_slice bytes, size_t step)
{
	struct cot_uds_request q = { .sid = COT_UDS_TRANSFER };
	struct cot_uds_response r;
	uint8_t buf[COT_LINK_MAX];
	enum cot_err err = COT_OK;

	for (size_t at = 0; err == COT_OK && at < bytes.len; at += step) {
		q.counter = (uint8_t)(q.counter + 1);
		q.data = cot_slice_sub(bytes, at, step);
		err = ask(a, &q, buf, &r);
	}
	q = (struct cot_uds_request){ .sid = COT_UDS_EXIT };
	return err == COT_OK ? ask(a, &q, buf, &r) : err;
}

static enum cot_err send_file(struct attack *a, const char *name, struct cot_slice bytes)
{
	struct cot_uds_request q = { .sid = COT_UDS_FILE, .sub = COT_UDS_FILE_REPLACE,
	                             .name = cot_slice_str(name), .size = (uint32_t)bytes.len,
	                             .packed = (uint32_t)bytes.len };
	struct cot_uds_response r;
	uint8_t buf[COT_LINK_MAX];
	enum cot_err err = ask(a, &q, buf, &r);

	if (err != COT_OK)
		return err;
	return send_blocks(a, bytes, r.block > 2 && r.block - 2u < STEP ? r.block - 2u : STEP);
}

static struct cot_slice read_all(FILE *f, uint8_t *buf)
{
	return cot_slice(buf, f ? fread(buf, 1, FILE_MAX, f) : 0);
}

static enum cot_err send_document(struct attack *a, const char *name, struct cot_slice wire)
{
	struct cot_doc_owned doc;
	enum cot_err err = cot_canon_from_wire(wire, cot_dialect_tuf.grammar, &doc);

	if (err != COT_OK)
		return err;
	err = send_file(a, name, doc.doc.canon);
	cot_doc_owned_free(&doc);
	return err;
}

/* Runs command with the request on its standard input. */
static struct cot_slice run_time(const char *command, const char *request, uint8_t *buf)
{
	int in[2], out[2];
	struct cot_slice answer = { NULL, 0 };

	if (pipe(in) != 0 || pipe(out) != 0)
		return answer;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	if (write(in[1], request, strlen(request)) < 0)
		perror("hostile: time");
	close(in[1]);
	FILE *f = fdopen(out[0], "r");
	answer = read_all(f, buf);
	if (f)
		fclose(f);
	waitpid(pid, NULL, 0);
	return answer;
}

static enum cot_err send_time(struct attack *a, const char *command)
{
	struct cot_uds_request q = { .sid = COT_UDS_READ, .id = COT_DID_NONCE };
	struct cot_uds_response r;
	uint8_t buf[COT_LINK_MAX];
	static uint8_t file[FILE_MAX];
	char hex[2 * COT_NONCE_LEN + 1] = "", request[80];
	enum cot_err err = ask(a, &q, buf, &r);

	if (err != COT_OK)
		return err;
	if (r.data.len != COT_NONCE_LEN)
		return COT_E_FRAME;
	cot_hex_encode(r.data, hex);
	snprintf(request, sizeof request, "{\"nonces\":[\"%s\"]}", hex);
	return send_document(a, "d/time.json", run_time(command, request, file));
}

static struct cot_slice load(const char *path, uint8_t *buf)
{
	FILE *f = fopen(path, "rb");
	struct cot_slice s = read_all(f, buf);

	if (f)
		fclose(f);
	else
		perror(path);
	return s;
}

static void say(const char *what, enum cot_err err)
{
	printf("hostile gateway: %s: the ECU answers %s\n", what, cot_err_word(err));
}

static enum cot_err attack(struct attack *a, const char *targets, const char *image,
                           const char *command)
{
	static uint8_t file[FILE_MAX];
	uint8_t option[COT_MAX_ID + 1];
	size_t len;
	enum cot_err err = open_link(a), verify;

	if (err == COT_OK)
		err = enter_loader(a);
	if (err == COT_OK)
		err = send_document(a, "d/targets.json", load(targets, file));
	if (err == COT_OK)
		err = send_time(a, command);
	if (err != COT_OK) {
		say("preparing", err);
		return err;
	}
	verify = ask_routine(a, COT_RID_VERIFY, (struct cot_slice){ NULL, 0 });
	say("older metadata, validly signed", verify);
	if (!image)
		return verify;
	err = cot_ecu_option_write(a->ecu, option, sizeof option, &len);
	if (err == COT_OK)
		err = ask_routine(a, COT_RID_STAGE, cot_slice(option, len));
	if (err == COT_OK)
		err = send_blocks(a, load(image, file), STEP);
	say("the older image itself", err);
	return verify == COT_OK || err == COT_OK ? COT_OK : verify;
}

int main(int argc, char **argv)
{
	struct attack a = { .terms = cot_transport_default_terms() };
	const char *targets = NULL, *image = NULL, *command = NULL;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--link") == 0)
			a.uri = argv[i + 1];
		else if (strcmp(argv[i], "--ecu") == 0)
			a.ecu = cot_slice_str(argv[i + 1]);
		else if (strcmp(argv[i], "--targets") == 0)
			targets = argv[i + 1];
		else if (strcmp(argv[i], "--image") == 0)
			image = argv[i + 1];
		else if (strcmp(argv[i], "--time") == 0)
			command = argv[i + 1];
	}
	if (!a.uri || !a.ecu.len || !targets || !command) {
		fprintf(stderr, "usage: hostile_primary --link URI --ecu SERIAL --targets FILE "
		                "[--image FILE] --time COMMAND\n");
		return COT_EXIT_USAGE;
	}
	enum cot_err err = attack(&a, targets, image, command);

	cot_transport_close(a.link);
	return (int)cot_err_exit(err);
}

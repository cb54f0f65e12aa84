/* SPDX-License-Identifier: Apache-2.0
 *
 * The control socket and the status that it gives.
 */
#include "primary/control.h"
#include "primary/status.h"
#include "tests/sim/gateway.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[SIM_FOLDER];
static char path[120];
static struct cot_control control;

static json_t *answer(void *ctx, const char *command)
{
	(void)ctx;
	return strcmp(command, "status") == 0 ? json_pack("{s:i}", "schema", 1) : NULL;
}

static int set_up(void **state)
{
	(void)state;
	if (!sim_folder_new("control", folder))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", folder);
	memset(&control, 0, sizeof(control));
	control.answer = answer;
	return cot_control_open(&control, path) == COT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	cot_control_close(&control);
	unlink(path);
	return rmdir(folder);
}

static void *poll_once(void *arg)
{
	(void)arg;
	cot_control_poll(&control, 60000);
	return NULL;
}

static json_t *ask(const char *command, enum cot_err *err)
{
	json_t *tree = NULL;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, poll_once, NULL), 0);
	*err = cot_control_ask(path, command, &tree);
	pthread_join(thread, NULL);
	return tree;
}

/* The daemon does not wait long for the line: on a busy machine it may come too late. */
static json_t *ask_in_time(const char *command, enum cot_err *err)
{
	json_t *tree = ask(command, err);
	unsigned i;

	for (i = 0; i < 20 && json_object_get(tree, "error") != NULL; i++) {
		json_decref(tree);
		tree = ask(command, err);
	}
	return tree;
}

static void test_ask(void **state)
{
	enum cot_err err;
	json_t *tree = ask_in_time("status", &err);

	(void)state;
	assert_int_equal(err, COT_OK);
	assert_int_equal(json_integer_value(json_object_get(tree, "schema")), 1);
	json_decref(tree);
	tree = ask("explode", &err);
	assert_int_equal(err, COT_OK);
	assert_string_equal(json_string_value(json_object_get(json_object_get(tree, "error"),
	                                                      "word")), "usage");
	json_decref(tree);
}

/* What a client sends raw, and that it is always answered and never waited for. */
static void raw(const char *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char got[256];
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (text[0] != '\0')
		assert_true(send(fd, text, strlen(text), 0) > 0);
	cot_control_poll(&control, 0);
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > 0);
	got[n] = '\0';
	assert_non_null(strstr(got, "\"usage\""));
	close(fd);
}

static void test_rude_clients(void **state)
{
	static char line[1024];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	raw("");                       /* says nothing */
	raw("{\"command\":\"status\""); /* no line end */
	raw("hello\n");
	raw("[]\n");
	raw("{\"command\":7}\n");
	raw(line);
}

static void test_peers(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(cot_control_check_uid(0, 1000), COT_OK);
	assert_int_equal(cot_control_check_uid(1000, 1000), COT_OK);
	assert_int_equal(cot_control_check_uid(1001, 1000), COT_E_PERMISSION);
	assert_int_equal(cot_control_check_uid(1000, 0), COT_E_PERMISSION);
}

static void test_place(void **state)
{
	struct cot_control second = { .answer = answer };
	char file[130];
	json_t *tree;
	FILE *f;

	(void)state;
	assert_int_equal(cot_control_open(&second, path), COT_E_BUSY);
	/* A socket that nobody listens on any more is in nobody's way. */
	close(control.fd);
	control.fd = -1;
	assert_int_equal(cot_control_ask(path, "status", &tree), COT_E_UNREACHABLE);
	assert_int_equal(cot_control_open(&control, path), COT_OK);
	snprintf(file, sizeof(file), "%s/file", folder);
	f = fopen(file, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(cot_control_open(&second, file), COT_E_EXISTS);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(cot_control_open(&second, "/nonexistent/folder/sock"), COT_E_NO_INPUT);
}

/* ---- status ---------------------------------------------------------------------------- */

static const char *text_at(const json_t *tree, const char *name)
{
	return json_string_value(json_object_get(tree, name));
}

static const json_t *ecu_of(const json_t *tree, const char *serial)
{
	const json_t *ecu;
	size_t i;

	json_array_foreach(json_object_get(tree, "ecus"), i, ecu) {
		if (strcmp(text_at(ecu, "serial"), serial) == 0)
			return ecu;
	}
	return NULL;
}

static json_t *status(struct sim_gateway *g, const char *activity)
{
	json_t *tree = NULL;

	assert_int_equal(cot_status_build(&g->config, &cot_crypto_full, activity, &tree), COT_OK);
	return tree;
}

static void test_status(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	const json_t *ecu, *root;
	json_t *tree;

	(void)state;
	assert_int_equal(cot_status_build(&g->config, &cot_crypto_full, NULL, &tree),
	                 COT_E_NO_INPUT);
	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 100);
	g->a->dead = true;
	assert_int_equal(sim_gateway_round(g), COT_E_ECU_SILENT);
	tree = status(g, NULL);
	ecu = ecu_of(tree, "ECU-A");
	assert_string_equal(text_at(ecu, "state"), "pending");
	assert_string_equal(text_at(json_object_get(ecu, "error"), "word"), "ecu_silent");
	assert_string_equal(text_at(json_object_get(ecu, "ordered"), "filepath"), "a-2.bin");
	assert_string_equal(text_at(ecu_of(tree, "ECU-B"), "state"), "unordered");
	assert_false(json_is_true(json_object_get(json_object_get(tree, "daemon"), "running")));
	json_decref(tree);
	g->a->dead = false;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	tree = status(g, "idle"); /* while the daemon holds the lock */
	ecu = ecu_of(tree, "ECU-A");
	assert_string_equal(text_at(ecu, "state"), "current");
	assert_string_equal(text_at(json_object_get(ecu, "error"), "word"), "ok");
	assert_int_equal(json_integer_value(json_object_get(ecu, "counter")), 2);
	root = json_object_get(json_object_get(json_object_get(tree, "repositories"), "director"),
	                       "targets");
	assert_int_equal(json_integer_value(json_object_get(root, "version")), 2);
	assert_int_equal(strlen(text_at(root, "expires")), 20);
	assert_string_equal(text_at(tree, "vehicle"), SIM_VEHICLE);
	assert_true(json_is_true(json_object_get(json_object_get(tree, "daemon"), "running")));
	json_decref(tree);
	sim_gateway_free(g);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_ask), CASE(test_rude_clients), CASE(test_peers), CASE(test_place),
		cmocka_unit_test(test_status)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

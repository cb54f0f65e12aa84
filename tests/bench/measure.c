/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a program and says what it took: peak resident memory and CPU time.
 *
 *   measure COMMAND [ARGUMENT...]
 *
 * The last line on standard output is `RSS-KIB USER-MS SYSTEM-MS STATUS`, from the
 * kernel's own account (getrusage(2)); the program's output goes to stderr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long ms(struct timeval t)
{
	return t.tv_sec * 1000 + (t.tv_usec + 500) / 1000;
}

int main(int argc, char **argv)
{
	struct rusage use;
	int status;
	pid_t pid;

	if (argc < 2)
		return 64;
	pid = fork();
	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid)
		return 74;
	printf("%ld %ld %ld %d\n", use.ru_maxrss, ms(use.ru_utime), ms(use.ru_stime),
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The least that a program can do that fetches over https with libcurl: what
 * cotterd's memory and time are measured against.
 *
 *   curl_baseline CA URL...
 *
 * Fetches each URL over one handle and throws the bytes away.  Nothing of Cotter
 * is in it.
 */
#include <curl/curl.h>
#include <stdio.h>

static size_t drop(char *data, size_t size, size_t count, void *ctx)
{
	(void)data;
	(void)ctx;
	return size * count;
}

int main(int argc, char **argv)
{
	CURL *easy;
	int i, failed = 0;

	if (argc < 3 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return 64;
	easy = curl_easy_init();
	if (easy == NULL)
		return 70;
	curl_easy_setopt(easy, CURLOPT_CAINFO, argv[1]);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
	for (i = 2; i < argc; i++) {
		curl_easy_setopt(easy, CURLOPT_URL, argv[i]);
		failed |= curl_easy_perform(easy) != CURLE_OK;
	}
	curl_easy_cleanup(easy);
	curl_global_cleanup();
	return failed;
}

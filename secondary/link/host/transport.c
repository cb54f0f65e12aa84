/* SPDX-License-Identifier: Apache-2.0
 *
 * From an address to a link: the scheme picks the transport, the transport
 * reads the rest.
 */
#include "secondary/link/host/transport.h"

#include "secondary/link/host/carrier.h"

#include <stdio.h>
#include <string.h>

static const struct scheme {
	const char *name;
	cot_transport_opener *open;
} schemes[] = {
	{ "unix:", cot_unix_open },
	{ "serial:", cot_tty_open },
	{ "vbus:", cot_vbus_open },
	{ "can:", cot_socketcan_open },
};

enum cot_err cot_transport_fail(const struct cot_transport_request *request,
                                enum cot_err err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(request->note->text, sizeof(request->note->text), format, args);
	va_end(args);
	return err;
}

enum cot_err cot_transport_open(const char *uri, enum cot_transport_role role,
                                struct cot_link **ret, struct cot_transport_note *note)
{
	struct cot_transport_note unread;
	struct cot_transport_request request = { uri, role, note ? note : &unread };

	if (!uri || !ret)
		return COT_E_ARGUMENT;
	request.note->text[0] = '\0';
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i].name);

		if (strncmp(uri, schemes[i].name, len) == 0) {
			request.rest = uri + len;
			return schemes[i].open(&request, ret);
		}
	}
	return cot_transport_fail(&request, COT_E_ARGUMENT,
	                          "link address %s begins with none of unix: serial: "
	                          "vbus: can:", uri);
}

static const struct cot_transport *transport_of(const struct cot_link *link)
{
	return (const struct cot_transport *)link;
}

void cot_transport_close(struct cot_link *link)
{
	if (link)
		transport_of(link)->ops->close(link);
}

int cot_transport_fd(const struct cot_link *link)
{
	return transport_of(link)->ops->fd(link);
}

short cot_transport_events(const struct cot_link *link)
{
	return transport_of(link)->ops->events(link);
}

/* Three digits are an 11 bit identifier, eight a 29 bit one: the width is part
 * of the identifier, 07E0 would be neither. */
static enum cot_err parse_id(const char *text, size_t len, uint32_t *ret_id, uint8_t *ret_ext)
{
	uint32_t id = 0;

	if (len != 3 && len != 8)
		return COT_E_ARGUMENT;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		unsigned int digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned int)(c - '0');
		else if (c >= 'A' && c <= 'F')
			digit = (unsigned int)(c - 'A') + 10u;
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned int)(c - 'a') + 10u;
		else
			return COT_E_ARGUMENT;
		id = id << 4 | digit;
	}
	*ret_id = id;
	*ret_ext = len == 8;
	return id <= (len == 8 ? COT_CAN_ID_EXT_MAX : COT_CAN_ID_MAX) ? COT_OK
	                                                              : COT_E_ARGUMENT;
}

enum cot_err cot_can_address_parse(const struct cot_transport_request *request,
                                   struct cot_can_address *ret)
{
	const char *slash = strrchr(request->rest, '/');
	const char *comma = slash ? strchr(slash, ',') : NULL;
	size_t place = slash ? (size_t)(slash - request->rest) : 0;
	uint8_t rx_ext = 0;

	memset(ret, 0, sizeof(*ret));
	if (!comma || place == 0 || place >= sizeof(ret->place) ||
	    parse_id(slash + 1, (size_t)(comma - slash - 1), &ret->tx_id, &ret->ext) ||
	    parse_id(comma + 1, strlen(comma + 1), &ret->rx_id, &rx_ext) ||
	    rx_ext != ret->ext || ret->tx_id == ret->rx_id)
		return cot_transport_fail(request, COT_E_ARGUMENT,
		                          "%s is not PLACE/TX,RX with two different CAN "
		                          "identifiers of three or of eight hex digits",
		                          request->rest);
	memcpy(ret->place, request->rest, place);
	return COT_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling systemd how we are, without linking libsystemd: one datagram to the
 * socket named in NOTIFY_SOCKET (sd_notify(3)).
 */
#ifndef COTTER_PRIMARY_NOTIFY_H
#define COTTER_PRIMARY_NOTIFY_H

/* message: lines such as "READY=1".  Nothing happens without NOTIFY_SOCKET. */
void cot_notify(const char *message);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What people are told of a refusal: sentence, hint and exit status.
 *
 * A sentence says what happened, a hint what the reader can do about it; a hint
 * is empty only where honest advice does not exist.  Metadata that fails
 * verification exits with 10 to 13, so that a supervisor can tell an attack from
 * a bad cable without reading text.  No part of a boot loader refers to this
 * file, so none of it is linked there.
 */
#include "keys/error.h"
#include "keys/slice.h"

#include <stddef.h>

struct row {
	enum cot_err err;
	enum cot_exit status;
	const char *sentence;
	const char *hint;
};

static const struct row table[] = {
	{ COT_PENDING, COT_EXIT_TEMPORARY,
	  "the work is not finished yet", "call again" },
	{ COT_OK, COT_EXIT_DONE, "done", "" },

	/* Arguments and limits */
	{ COT_E_ARGUMENT, COT_EXIT_FAILURE,
	  "a value was given that makes no sense here",
	  "check the value; if it came from Cotter itself, report this as a bug" },
	{ COT_E_LIMIT, COT_EXIT_REFUSED,
	  "there are more entries than Cotter looks at",
	  "the bounds are listed in keys/limits.h; split the role or drop unused entries" },
	{ COT_E_BUFFER, COT_EXIT_FAILURE,
	  "the value does not fit the room set aside for it",
	  "the bounds are listed in keys/limits.h" },
	{ COT_E_INTERNAL, COT_EXIT_FAILURE,
	  "Cotter contradicts itself",
	  "this is a bug; please report it with the command and the log" },
	{ COT_E_BUSY, COT_EXIT_TEMPORARY,
	  "another job of this kind is running",
	  "wait until it has ended and try again" },
	{ COT_E_SEQUENCE, COT_EXIT_FAILURE,
	  "this step does not follow from the previous one",
	  "start the conversation again from its first step" },
	{ COT_E_UNSUPPORTED, COT_EXIT_FAILURE,
	  "this build cannot do that",
	  "" },
	{ COT_E_EXISTS, COT_EXIT_FAILURE,
	  "the file is already there and was left as it is",
	  "give another name, or --force if it may be overwritten" },
	{ COT_E_USAGE, COT_EXIT_USAGE,
	  "the command line is wrong",
	  "--help shows the commands and options" },
	{ COT_E_NOT_FOUND, COT_EXIT_NOT_FOUND,
	  "there is no such item",
	  "check the spelling; names are compared byte by byte" },
	{ COT_E_CONFIG, COT_EXIT_CONFIG,
	  "the configuration file is wrong",
	  "the line named above is at fault; the manual page lists all settings" },
	{ COT_E_MEMORY, COT_EXIT_TEMPORARY,
	  "the system refused to give memory",
	  "check memory limits (ulimit, MemoryMax, RLIMIT_MEMLOCK) and free memory" },

	/* Syntax */
	{ COT_E_MALFORMED, COT_EXIT_REFUSED,
	  "the document is not JSON of the provisioned grammar",
	  "look at the file with `cotter inspect`; a proxy's error page is a usual cause" },
	{ COT_E_UTF8, COT_EXIT_REFUSED,
	  "a string is not valid UTF-8",
	  "sign the document again with names in UTF-8" },
	{ COT_E_NOT_CANONICAL, COT_EXIT_REFUSED,
	  "the document is not spelled canonically (white space, member order, escapes)",
	  "serve the file exactly as it was signed; re-formatting JSON breaks it" },
	{ COT_E_DUPLICATE_MEMBER, COT_EXIT_REFUSED,
	  "an object has the same member twice",
	  "two readers could disagree about such a file; have it made again" },
	{ COT_E_DEPTH, COT_EXIT_REFUSED,
	  "values are nested deeper than 16 levels",
	  "no honest metadata does that; look where the file came from" },
	{ COT_E_TYPE, COT_EXIT_REFUSED,
	  "a member has another JSON type than the format says",
	  "compare the file with docs/pouf.md" },
	{ COT_E_MISSING, COT_EXIT_REFUSED,
	  "a member that must be there is missing",
	  "compare the file with docs/pouf.md" },
	{ COT_E_NUMBER, COT_EXIT_REFUSED,
	  "a number is not an integer or is out of range",
	  "versions run from 1 to 2147483647; lengths and counters are never negative" },
	{ COT_E_TIME_FORMAT, COT_EXIT_REFUSED,
	  "a time is not written as YYYY-MM-DDTHH:MM:SSZ",
	  "write it in UTC with exactly 20 characters, for example 2030-01-31T00:00:00Z" },
	{ COT_E_TRUNCATED, COT_EXIT_REFUSED,
	  "the data ends before the value does",
	  "fetch or copy the file again" },
	{ COT_E_TRAILING, COT_EXIT_REFUSED,
	  "something follows after the end of the value",
	  "signed files end with their last brace, without a final line end" },
	{ COT_E_ENCODING, COT_EXIT_REFUSED,
	  "a text is not proper hex, base64, PEM or DER",
	  "hex is lower case; base64 is padded and has no blanks" },
	{ COT_E_KEY_FILE, COT_EXIT_REFUSED,
	  "the file is not a key file, or is damaged",
	  "restore it from its backup; docs/keyfile.md describes the format" },
	{ COT_E_NAME, COT_EXIT_REFUSED,
	  "a role, target, repository or identifier is not an allowed name",
	  "names have no control bytes, no empty or dotted path parts, and a bounded length" },
	{ COT_E_RECORD, COT_EXIT_REFUSED,
	  "a stored or provisioned record is damaged or not for this device",
	  "make the record again with `cotter provision`" },
	{ COT_E_SPEC_VERSION, COT_EXIT_REFUSED,
	  "the document's spec_version is not 1.x",
	  "this release reads TUF 1.x metadata only" },

	/* Trust */
	{ COT_E_SIG_THRESHOLD, COT_EXIT_REFUSED,
	  "too few different keys of the role have signed",
	  "`cotter verify --explain` shows which signatures count; sign with the missing keys" },
	{ COT_E_ILLEGAL_THRESHOLD, COT_EXIT_REFUSED,
	  "a threshold is zero or larger than the number of keys",
	  "a role needs at least as many keys as its threshold, and a threshold of 1 or more" },
	{ COT_E_KEY_ID, COT_EXIT_REFUSED,
	  "a key's id is not the hash of that key",
	  "someone may have swapped the key under a known id; compare with the key files" },
	{ COT_E_KEY, COT_EXIT_REFUSED,
	  "a public key is unusable (length, small order, or not on the curve)",
	  "such a key signs for anybody or nobody; make a new one with `cotter key generate`" },
	{ COT_E_SIGNATURE, COT_EXIT_REFUSED,
	  "a signature does not fit the signed bytes",
	  "the bytes were changed after signing, or another key signed them" },
	{ COT_E_ROLE_TYPE, COT_EXIT_REFUSED,
	  "the document is for another role than the one asked for",
	  "check that files were not renamed or mixed up on the server" },
	{ COT_E_KEY_SHARED, COT_EXIT_REFUSED,
	  "one key is listed in both repositories",
	  "a thief of that key would hold both; rotate it out of one with `cotter rotate`" },
	{ COT_E_SCHEME, COT_EXIT_REFUSED,
	  "the signature scheme is unknown or not allowed here",
	  "ed25519 and ecdsa-sha2-nistp256 sign metadata; hmac-sha256 only version reports" },
	{ COT_E_PASSPHRASE, COT_EXIT_PERMISSION,
	  "the passphrase is wrong, or the key file was altered",
	  "try the passphrase again; if it is certainly right, restore the file from its backup" },
	{ COT_E_KEY_COST, COT_EXIT_REFUSED,
	  "the key file asks for a derivation cost outside the allowed bounds",
	  "memory must be 8 MiB to 2 GiB and passes 1 to 16; an altered file may ask for more" },
	{ COT_E_KEY_NOT_LISTED, COT_EXIT_REFUSED,
	  "this key is not one of the role's keys",
	  "`cotter inspect` on the Root file lists the keys of each role" },
	{ COT_E_ROOT_SIG_OLD, COT_EXIT_REFUSED,
	  "the new Root is not signed by enough keys of the Root before it",
	  "sign it with the old Root keys too; without them no device may follow" },
	{ COT_E_ROOT_SIG_NEW, COT_EXIT_REFUSED,
	  "the new Root is not signed by enough of its own keys",
	  "sign it with the keys that it lists itself" },
	{ COT_E_DIGEST, COT_EXIT_REFUSED,
	  "the hash beside a report's signature is not the hash of the report",
	  "the report was changed on its way, or its sender is broken" },

	/* Policy: one repository */
	{ COT_E_ROLLBACK, COT_EXIT_ROLLBACK,
	  "the version is lower than one that was trusted before",
	  "an attacker may be replaying old files; an honest server must publish a higher version" },
	{ COT_E_EXPIRED, COT_EXIT_EXPIRED,
	  "the document's expiry date has passed",
	  "if the device's time is right, the repository must be signed afresh (`cotter refresh`)" },
	{ COT_E_MIX_AND_MATCH, COT_EXIT_REFUSED,
	  "the file is not the one that Snapshot or Timestamp lists",
	  "files of different publications were mixed; publish all files of one state together" },
	{ COT_E_SAME_VERSION, COT_EXIT_ROLLBACK,
	  "two different documents carry the same version",
	  "each change needs a new version number; compare both files" },
	{ COT_E_VERSION_SKIP, COT_EXIT_ROLLBACK,
	  "a Root does not have exactly the next version",
	  "every Root in between must stay on the server, each under its own number" },
	{ COT_E_FILE_REMOVED, COT_EXIT_ROLLBACK,
	  "Snapshot no longer lists a file that it listed before",
	  "keep the file listed, and empty its content if it is to end" },
	{ COT_E_REPOSITORY, COT_EXIT_REFUSED,
	  "the document was made for the other repository",
	  "check which folder each server serves" },
	{ COT_E_DELEGATION, COT_EXIT_REFUSED,
	  "the Director's Targets delegates, which it never may",
	  "the Director signs its orders itself; remove the delegations" },
	{ COT_E_LENGTH_EXCEEDED, COT_EXIT_REFUSED,
	  "more bytes came than the signed or allowed length",
	  "the transfer was cut there; check the server, or look for endless data" },
	{ COT_E_HASH_MISMATCH, COT_EXIT_REFUSED,
	  "the hash of the file is not the signed one",
	  "fetch it again; if it stays wrong the file on the server is not the signed one" },
	{ COT_E_LENGTH_MISMATCH, COT_EXIT_REFUSED,
	  "the file is shorter than its signed length",
	  "the transfer may have broken off; fetch it again" },
	{ COT_E_NO_STRONG_HASH, COT_EXIT_REFUSED,
	  "neither sha256 nor sha512 is listed for the file",
	  "sign the file again with at least one of them" },
	{ COT_E_ROOT_WALK, COT_EXIT_TEMPORARY,
	  "256 Root versions were followed and there are more",
	  "what was followed is kept; the next cycle goes on from there" },

	/* Storage */
	{ COT_E_IO, COT_EXIT_IO,
	  "reading or writing failed",
	  "the system's own message says where; check the disk and its mount options" },
	{ COT_E_NO_SPACE, COT_EXIT_IO,
	  "there is no room left on the device",
	  "free some space; what was trusted before is untouched" },
	{ COT_E_LOCKED, COT_EXIT_TEMPORARY,
	  "another daemon is using this state folder",
	  "stop the other one, or give this one a folder of its own" },
	{ COT_E_FLASH, COT_EXIT_IO,
	  "erasing, programming or reading flash memory failed",
	  "try again; if it stays, the memory is worn out or write-protected" },
	{ COT_E_SLOT_SIZE, COT_EXIT_ECU,
	  "the image is larger than the slot it is for",
	  "build a smaller image, or order it for hardware with a larger slot" },
	{ COT_E_STORE, COT_EXIT_IO,
	  "the stored state is damaged",
	  "the device goes on with the last good state; if there is none, provision it again" },
	{ COT_E_UNPROVISIONED, COT_EXIT_CONFIG,
	  "this device was never given its first trusted metadata",
	  "make a record with `cotter provision` and load it" },
	{ COT_E_PERMISSION, COT_EXIT_PERMISSION,
	  "a secret file or folder is open to others, or closed to us",
	  "chmod 600 the file (700 the folder) and let it belong to the user who runs this" },
	{ COT_E_NO_INPUT, COT_EXIT_NO_INPUT,
	  "a file or folder that is needed is not there",
	  "check the path and its spelling" },
	{ COT_E_DOCUMENT_SIZE, COT_EXIT_ECU,
	  "the document does not fit this device's places for documents",
	  "keep Root and Targets small, or let this device verify partially" },
	{ COT_E_PART, COT_EXIT_CONFIG,
	  "there is no such part, or the flash is laid out for another one",
	  "`cotter-ecu --help` lists the parts; write the flash again with `cotter-ecu provision --part`" },

	/* Transport */
	{ COT_E_UNREACHABLE, COT_EXIT_UNREACHABLE,
	  "the server cannot be reached",
	  "check name, address, port, network and firewall" },
	{ COT_E_TLS, COT_EXIT_UNREACHABLE,
	  "the TLS connection was refused by one side",
	  "check the CA file, the server's certificate and name, and the device's clock" },
	{ COT_E_HTTP, COT_EXIT_TEMPORARY,
	  "the server gave an answer that is neither the file nor `not there`",
	  "look at the server's log" },
	{ COT_E_SLOW, COT_EXIT_TEMPORARY,
	  "data came below the minimum rate",
	  "try again later or from another mirror; an attacker may be stalling" },
	{ COT_E_ECU_SILENT, COT_EXIT_ECU,
	  "the ECU does not answer",
	  "check its power, its wiring, the bit rate and its address" },
	{ COT_E_ECU_NAK, COT_EXIT_ECU,
	  "the ECU refused a request",
	  "the status shows its own word for the reason" },
	{ COT_E_FRAME, COT_EXIT_TEMPORARY,
	  "a frame or message on the link is garbled",
	  "single ones are repeated; if they keep coming check wiring and bit rate" },
	{ COT_E_LINK, COT_EXIT_TEMPORARY,
	  "the device or socket of the link failed",
	  "check that the interface exists, is up and is ours to open" },
	{ COT_E_ABSENT, COT_EXIT_UNAVAILABLE,
	  "a file that must be there is not on the server",
	  "publish again; if only some files are missing the publication was cut short" },
	{ COT_E_INSECURE_URL, COT_EXIT_CONFIG,
	  "the address is http, which was not allowed",
	  "use https, or allow plain http for this server in the configuration" },

	/* Orders and time */
	{ COT_E_NO_TIME, COT_EXIT_TEMPORARY,
	  "there is no fresh signed time, so nothing may be installed",
	  "check that the time server can be reached" },
	{ COT_E_TIME_NONCE, COT_EXIT_REFUSED,
	  "the time message answers no question of ours from the last minute",
	  "ask again; if it stays, an old answer is being replayed" },
	{ COT_E_TIME_ROLLBACK, COT_EXIT_ROLLBACK,
	  "the signed time is earlier than one that was trusted before",
	  "check the clock of the time server" },
	{ COT_E_TIME_ROOT, COT_EXIT_REFUSED,
	  "the time message was made under a newer Root than the one we have",
	  "the newer Root must be fetched first; someone may be withholding it" },
	{ COT_E_VEHICLE, COT_EXIT_REFUSED,
	  "the document is for another vehicle",
	  "check the vehicle id in the configuration and the Director's folder" },
	{ COT_E_ECU_UNKNOWN, COT_EXIT_REFUSED,
	  "an ECU is named that this vehicle does not have",
	  "check the ECU identifier in the order and in the configuration" },
	{ COT_E_ECU_DUPLICATE, COT_EXIT_REFUSED,
	  "one ECU is ordered two images at once",
	  "order one image per ECU" },
	{ COT_E_HWID, COT_EXIT_REFUSED,
	  "the image is not made for this hardware",
	  "order an image that lists this ECU's hardware identifier" },
	{ COT_E_NOT_IN_IMAGE, COT_EXIT_DISAGREE,
	  "the Director orders an image that the Image repository never signed",
	  "add it with `cotter image add` and sign it, or look for stolen Director keys" },
	{ COT_E_REPO_MISMATCH, COT_EXIT_DISAGREE,
	  "Director and Image repository describe the image differently",
	  "length, hashes and must-match fields have to agree; assign the image again" },
	{ COT_E_COUNTER, COT_EXIT_ROLLBACK,
	  "the image's release counter is lower than the installed one's",
	  "publish the wanted software again with a higher counter" },
	{ COT_E_COUNTER_JUMP, COT_EXIT_REFUSED,
	  "the release counter rises by more than 65,536",
	  "use a smaller counter; a huge one would lock out later releases" },
	{ COT_E_NO_ORDER, COT_EXIT_ECU,
	  "the trusted Targets have nothing for this ECU",
	  "assign an image to it with `cotter assign`" },
	{ COT_E_NOT_ORDERED, COT_EXIT_ECU,
	  "this image is not the one that the trusted Targets order",
	  "send the newest metadata to the ECU first" },
	{ COT_E_BUDGET, COT_EXIT_TEMPORARY,
	  "the device was sent too many unverified files and waits",
	  "send valid newer Targets, or wait 12 hours for one more attempt" },
	{ COT_E_TRIAL, COT_EXIT_PRECONDITION,
	  "the running image has not confirmed itself yet",
	  "wait for its self-test, then try again" },
	{ COT_E_REVERTED, COT_EXIT_ECU,
	  "this image failed its trial before and is not tried again",
	  "order another image; newer Targets that order the same one allow a new trial" },
	{ COT_E_PRECONDITION, COT_EXIT_PRECONDITION,
	  "the application said that this is not the moment",
	  "stop the vehicle or bring the ECU into a safe state and try again" },
	{ COT_E_METHOD, COT_EXIT_ECU,
	  "the announced data format is not the signed one",
	  "the sender must use the method that the Targets file names" },
	{ COT_E_NOT_STAGED, COT_EXIT_ECU,
	  "there is nothing verified that could be activated",
	  "transfer the image first" }
};

static const struct row *find(enum cot_err err)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].err == err)
			return &table[i];
	}
	return NULL;
}

const char *cot_err_sentence(enum cot_err err)
{
	const struct row *row = find(err);

	return row == NULL ? "an unknown error number was given" : row->sentence;
}

const char *cot_err_hint(enum cot_err err)
{
	const struct row *row = find(err);

	return row == NULL ? "" : row->hint;
}

enum cot_exit cot_err_exit(enum cot_err err)
{
	const struct row *row = find(err);

	return row == NULL ? COT_EXIT_FAILURE : row->status;
}

enum cot_err cot_err_from_word(const char *word)
{
	struct cot_slice wanted = cot_slice_str(word);
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (cot_slice_is(wanted, cot_err_word(table[i].err)))
			return table[i].err;
	}
	return COT_E_NOT_FOUND;
}

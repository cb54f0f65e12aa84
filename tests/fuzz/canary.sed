# SPDX-License-Identifier: Apache-2.0
# The reader's one deliberate fault: inside a string it forgets where the text ends.
s/while (c->p < c->end && cot_json_is_plain(\*c->p))/while (cot_json_is_plain(*c->p))/

"""JSON made safe to stand in a `<script>` block, where plain JSON is not.

Inside the block the HTML parser looks for `</script` and `<!--` before JavaScript sees a character
(WHATWG HTML, section 13.2.5.4 and on). A `</script>` in a string ends the block, and what follows is markup
of the attacker's choosing.
"""

import json
import re

# Without "<" the HTML parser finds nothing. Before ES2019, U+2028 and U+2029 ended a line in JavaScript; half a
# surrogate pair can't be encoded in UTF-8. JSON has all of them in strings only, where \uXXXX means the same.
UNSAFE_IN_SCRIPT = re.compile("[<\u2028\u2029\ud800-\udfff]")


def script_json(value: object) -> str:
    """Write a value as JSON that is safe in a `<script>` block, and means the same anywhere else.

    Raises:
        TypeError: if JSON has no form for a value of this type.
        ValueError: if JSON has no form for this value, such as an infinite number.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return UNSAFE_IN_SCRIPT.sub(lambda match: f"\\u{ord(match[0]):04x}", text)

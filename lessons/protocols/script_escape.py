"""JSON made safe for a `<script>` block, where JSON alone is not.

Inside the block the HTML parser looks for `</script` and `<!--` before JavaScript sees a character
(WHATWG HTML, section 13.2.5.4 and on): a `</script>` in a string ends the block, and what follows is markup
of the attacker's choosing.
"""

import json
import re

# Without "<" the HTML parser finds nothing. U+2028 and U+2029 end a line in JavaScript before ES2019, half a
# surrogate pair has no UTF-8. In JSON all of them stand in strings only, where \uXXXX says the same.
UNSAFE_IN_SCRIPT = re.compile("[<\u2028\u2029\ud800-\udfff]")


def script_json(value: object) -> str:
    """Write a value as JSON that can stand in a `<script>` block, and that means the same anywhere else.

    Raises:
        TypeError: JSON has no form for a value of this type.
        ValueError: JSON has no form for this value, such as an infinite number.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return UNSAFE_IN_SCRIPT.sub(lambda match: f"\\u{ord(match[0]):04x}", text)

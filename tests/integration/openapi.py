"""As much of JSON Schema as the API's document uses: says where a value differs from what the document promises."""

TYPES = {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}


def faults(document, schema, value, place="$"):
    """What is wrong, each with its place."""
    if "$ref" in schema:
        target = document
        for part in schema["$ref"].split("/")[1:]:
            target = target[part]
        schema = target
    found = []
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        return ["%s: %r is not %s" % (place, value, " or ".join(kinds))]
    if "enum" in schema and value not in schema["enum"]:
        found.append("%s: %r is none of %s" % (place, value, schema["enum"]))
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += ["%s: %s is missing" % (place, name) for name in schema.get("required", []) if name not in value]
        if schema.get("additionalProperties", True) is False:
            found += ["%s: %s is not in the document" % (place, name) for name in value if name not in known]
        for name, part in value.items():
            found += faults(document, known.get(name, {}), part, "%s.%s" % (place, name))
    if isinstance(value, list):
        for number, part in enumerate(value):
            found += faults(document, schema.get("items", {}), part, "%s[%d]" % (place, number))
    return found


def _is(value, kind):
    if kind in ("integer", "number"):
        return isinstance(value, (int,) if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])

# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Compares all inputs with $schema[0], as much of JSON Schema as the schemas in docs
# use; everything else in them is an error, as are members that they do not know.
# Prints "$what agrees" or what does not.

def is($name):
	type as $type |
	$name == $type or $name == "integer" and $type == "number" and floor == .;

# wrong(TYPE; PATH): what is wrong with the input
def wrong($type; $path):
	. as $value |
	def told($what): "\($path): \($what): \($value | tojson | .[:80])";
	if $type | has("$ref") then
		wrong($schema[0]["$defs"][$type["$ref"][8:]]; $path)
	else
		(($type | keys) - ["$schema", "title", "$defs", "type", "const", "enum",
			"minimum", "pattern", "required", "properties",
			"additionalProperties", "items", "if", "then", "else"] |
			.[] | "unknown in a schema: \(.)"),
		if $type | has("type") then
			[$type.type] | flatten | map(. as $name | $value | is($name)) |
				if any then empty else told("of another type") end
		else empty end,
		if ($type | has("const")) and $value != $type.const then
			told("another constant")
		else empty end,
		if ($type | has("enum")) and ($type.enum | index([$value]) | not) then
			told("none of \($type.enum | tojson)")
		else empty end,
		if ($type | has("minimum")) and is("number") and . < $type.minimum then
			told("too small")
		else empty end,
		if ($type | has("pattern")) and is("string") and
			(test($type.pattern) | not) then
			told("no match for \($type.pattern)")
		else empty end,
		if is("object") then
			((($type.required // []) - keys)[] | told("lacks \(.)")),
			(keys[] | . as $key |
				($type.properties[$key] // $type.additionalProperties) as $known |
				if $known then
					$value[$key] | wrong($known; "\($path).\($key)")
				elif $type | has("type") then
					told("unknown member \($key)")
				else empty end)
		elif is("array") and ($type | has("items")) then
			range(length) as $i | .[$i] | wrong($type.items; "\($path)[\($i)]")
		else empty end,
		if $type | has("if") then
			(if [wrong($type.if; $path)] == [] then "then" else "else" end) as $branch |
			if $type | has($branch) then wrong($type[$branch]; $path) else empty end
		else empty end
	end;

[inputs] |
if . == [] then "\($what): nothing was printed"
else
	[.[] | wrong($schema[0]; $what)] |
	if . == [] then "\($what) agrees" else .[] end
end

#!/usr/bin/env python3
"""Writes server/amqp/wire/methods.{h,cc} and methods/CLASS.{h,cc} from tools/dev/amqp_methods.txt. With --check, only
compares.

Exit status: 0 done or equal, 1 the committed files differ, 2 the table is wrong.
"""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "tools/dev/amqp_methods.txt"
WIRE = ROOT / "server/amqp/wire"

# type -> (C++ type with default, reader and writer call)
TYPES = {
    "octet": ("uint8_t {} = 0", "octet"),
    "short": ("uint16_t {} = 0", "short_integer"),
    "long": ("uint32_t {} = 0", "long_integer"),
    "longlong": ("uint64_t {} = 0", "long_long_integer"),
    "shortstr": ("ByteView {}", "short_string"),
    "text": ("ByteView {}", "short_text"),
    "longstr": ("ByteView {}", "long_string"),
    "table": ("ByteView {}", "long_string"),
    "bit": ("bool {} = false", None),
}
METHOD = re.compile(
    r"^\s+(?P<id>\d+) (?P<name>[a-z-]+)(?P<content> content)?(?: -> (?P<replies>[a-z|-]+))?(?: : (?P<fields>.+))?$")


class TableError(Exception):
    pass


class Method:
    def __init__(self, class_id, class_name, match):
        self.class_id, self.class_name = class_id, class_name
        self.id, self.name = int(match["id"]), match["name"]
        self.content = bool(match["content"])
        self.replies = match["replies"].split("|") if match["replies"] else []
        self.fields = [tuple(field.split()) for field in match["fields"].split(", ")] if match["fields"] else []
        for field in self.fields:
            if len(field) != 2 or field[1] not in TYPES:
                raise TableError(f"{self.spelled}: bad field {field}")

    @property
    def spelled(self):
        return f"{self.class_name}.{self.name}"

    @property
    def struct(self):
        return struct_name(self.class_name, self.name)


def struct_name(class_name, name):
    return "".join(part.capitalize() for part in f"{class_name}-{name}".split("-"))


def member(name):
    return name.replace("-", "_")


def read_table():
    methods, class_id, class_name = [], None, None
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("class "):
            _, class_id, class_name = line.split()
            continue
        match = METHOD.match(line)
        if not match or class_name is None:
            raise TableError(f"line {number}: neither a class nor a method: {line.strip()}")
        methods.append(Method(int(class_id), class_name, match))
    names = {method.spelled for method in methods}
    ids = {(method.class_id, method.id) for method in methods}
    if len(names) != len(methods) or len(ids) != len(methods):
        raise TableError("a method is there twice")
    for method in methods:
        for reply in method.replies:
            if f"{method.class_name}.{reply}" not in names:
                raise TableError(f"{method.spelled}: no such reply: {reply}")
    return methods


def declaration(method):
    lines = [f"struct {method.struct} {{",
             f"    static constexpr MethodId kId{{{method.class_id}, {method.id}}};",
             f"    static constexpr bool kHasContent = {'true' if method.content else 'false'};"]
    if len(method.replies) == 1:
        lines.append(f"    using Reply = {struct_name(method.class_name, method.replies[0])};")
    members = [TYPES[kind][0].format(member(name)) for name, kind in method.fields if name != "_"]
    if members:
        lines.append("")
    lines += [f"    {line};" for line in members]
    return lines + ["};"]


def runs(fields):
    """Neighbouring bits together: they share octets, the first bit being the lowest."""
    grouped = []
    for name, kind in fields:
        if kind == "bit" and grouped and grouped[-1][0] == "bit" and len(grouped[-1][1]) < 8:
            grouped[-1][1].append(name)
        else:
            grouped.append((kind, [name]))
    return grouped


def decoder(method):
    used = bool(method.fields)
    lines = [f"bool decode_arguments(ByteView arguments, {method.struct}& {'to' if used else '/*to*/'}) {{"]
    if not used:
        return lines + ["    return arguments.empty();", "}"]
    if all(name == "_" for name, _ in method.fields):
        lines[0] = lines[0].replace("& to)", "& /*to*/)")
    lines.append("    ArgumentReader in(arguments);")
    bit_octets = 0
    for kind, names in runs(method.fields):
        if kind == "bit":
            named = [(bit, name) for bit, name in enumerate(names) if name != "_"]
            if not named:
                lines.append("    in.octet();")
                continue
            bits = f"bits_{bit_octets}" if bit_octets else "bits"
            bit_octets += 1
            lines.append(f"    const unsigned {bits} = in.octet();")
            lines += [f"    to.{member(name)} = ({bits} & {1 << bit}u) != 0;" for bit, name in named]
        else:
            call = f"in.{TYPES[kind][1].replace('short_text', 'short_string')}()"
            lines.append(f"    {call};" if names[0] == "_" else f"    to.{member(names[0])} = {call};")
    return lines + ["    return in.complete();", "}"]


def encoder(method):
    named = any(name != "_" for name, _ in method.fields)
    lines = [f"void encode(const {method.struct}&{' method' if named else ' /*method*/'}, std::string& out) {{",
             "    ArgumentWriter to(out);",
             f"    to.short_integer({method.class_id});",
             f"    to.short_integer({method.id});"]
    for kind, names in runs(method.fields):
        if kind == "bit":
            bits = [f"(method.{member(name)} ? {1 << bit}u : 0u)" for bit, name in enumerate(names) if name != "_"]
            lines.append(f"    to.octet(static_cast<uint8_t>({' | '.join(bits) if bits else '0'}));")
        else:
            empty = '""' if kind in ("shortstr", "text", "longstr", "table") else "0"
            value = empty if names[0] == "_" else f"method.{member(names[0])}"
            lines.append(f"    to.{TYPES[kind][1]}({value});")
    return lines + ["}"]


DO_NOT_EDIT = """\
// Generated by tools/dev/generate_amqp.py from tools/dev/amqp_methods.txt; do not edit.
// clang-format off
"""

CLASS_HEADER_TOP = DO_NOT_EDIT + """\
//
// The methods of the class CLASS as plain structs, and their codecs; see methods.h.
#pragma once

#include "engine/base/types.h"
#include "server/amqp/wire/method_id.h"

#include <string>

namespace varve::amqp {
"""

CLASS_SOURCE_TOP = DO_NOT_EDIT + """\
#include "server/amqp/wire/methods/CLASS.h"

#include "server/message/argument_reader.h"
#include "server/message/argument_writer.h"

namespace varve::amqp {
"""

HEADER_TOP = DO_NOT_EDIT + """\
//
// The methods of AMQP 0-9-1 and RabbitMQ's extensions as plain structs, and their codecs. Strings
// and tables are views: decoded ones borrow from the frame, those to encode from the caller. A table
// is its content without the length; see field_table.h. Reserved fields are left out.
//
// For each method M, in the header of its class:
//   void encode(const M& method, std::string& out)          appends ids and arguments
//   bool decode_arguments(ByteView arguments, M& to)        the arguments alone, without the ids; false
//                                                           if they are cut short or too long
#pragma once

#include "engine/base/result.h"
CLASS_INCLUDES

#include <string_view>
#include <variant>

namespace varve::amqp {

// In the order of their ids.
"""

HEADER_END = """\
// "queue.declare"; empty for a method that this table does not have.
std::string_view method_name(MethodId id);

// Decodes the payload of a method frame, ids included. `not_implemented`: no such method;
// `invalid_argument`: the arguments are cut short or too long.
Result<Method> decode_method(ByteView payload);

// Appends the payload of a method frame, ids included. Names must fit a short string (255 bytes).
void encode(const Method& method, std::string& out);

}  // namespace varve::amqp
"""

SOURCE_TOP = DO_NOT_EDIT + """\
#include "server/amqp/wire/methods.h"

namespace varve::amqp {

namespace {

constexpr uint32_t key(MethodId id) { return uint32_t{id.class_id} << 16 | id.method_id; }

template <typename M>
Result<Method> decoded(ByteView arguments) {
    Method method(std::in_place_type<M>);
    if (!decode_arguments(arguments, *std::get_if<M>(&method))) {
        return Error{ErrorCode::invalid_argument,
                     std::string(method_name(M::kId)) + ": the arguments are cut short or too long"};
    }
    return method;
}

}  // namespace
"""

SOURCE_END = """\
void encode(const Method& method, std::string& out) {
    std::visit([&out](const auto& m) { encode(m, out); }, method);
}

}  // namespace varve::amqp
"""


def class_header_text(class_name, methods):
    replies = {struct_name(class_name, method.replies[0]) for method in methods if len(method.replies) == 1}
    lines = CLASS_HEADER_TOP.replace("CLASS", class_name).splitlines() + [""]
    lines += [f"struct {method.struct};" for method in methods if method.struct in replies] + [""] * bool(replies)
    for method in methods:
        lines += declaration(method)
        lines += [f"void encode(const {method.struct}& method, std::string& out);",
                  f"bool decode_arguments(ByteView arguments, {method.struct}& to);", ""]
    return "\n".join(lines + ["}  // namespace varve::amqp", ""])


def class_source_text(class_name, methods):
    lines = CLASS_SOURCE_TOP.replace("CLASS", class_name).splitlines()
    for method in methods:
        lines += [""] + decoder(method) + [""] + encoder(method)
    return "\n".join(lines + ["", "}  // namespace varve::amqp", ""])


def header_text(classes, methods):
    includes = [f'#include "server/amqp/wire/methods/{name}.h"' for name in sorted(classes)]
    lines = HEADER_TOP.replace("CLASS_INCLUDES", "\n".join(includes)).splitlines()
    lines += ["using Method = std::variant<"]
    lines += [f"    {method.struct}{'>;' if method is methods[-1] else ','}" for method in methods]
    return "\n".join(lines + ["", HEADER_END])


def source_text(methods):
    lines = SOURCE_TOP.splitlines()
    lines += ["", "std::string_view method_name(MethodId id) {", "    switch (key(id)) {"]
    lines += [f'        case key({method.struct}::kId): return "{method.spelled}";' for method in methods]
    lines += ['        default: return "";', "    }", "}", "",
              "Result<Method> decode_method(ByteView payload) {",
              "    VARVE_TRY(const MethodId id, method_id_of(payload));",
              "    const ByteView arguments = payload.substr(4);",
              "    switch (key(id)) {"]
    lines += [f"        case key({method.struct}::kId): return decoded<{method.struct}>(arguments);" for method in methods]
    lines += ["        default: break;", "    }",
              "    return Error{ErrorCode::not_implemented, \"unknown method \" + std::to_string(id.class_id) + \".\" +",
              "                                                 std::to_string(id.method_id)};", "}", ""]
    return "\n".join(lines) + "\n" + SOURCE_END


def texts(methods):
    """What each generated file says."""
    classes = {}
    for method in methods:
        classes.setdefault(method.class_name, []).append(method)
    files = {WIRE / "methods.h": header_text(classes, methods), WIRE / "methods.cc": source_text(methods)}
    for name, of_class in classes.items():
        files[WIRE / f"methods/{name}.h"] = class_header_text(name, of_class)
        files[WIRE / f"methods/{name}.cc"] = class_source_text(name, of_class)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    arguments = parser.parse_args()
    try:
        methods = read_table()
    except TableError as error:
        print(f"{TABLE}: {error}", file=sys.stderr)
        return 2
    wanted = texts(methods)
    left_over = [path for path in WIRE.glob("methods/*") if path not in wanted]
    if not arguments.check:
        (WIRE / "methods").mkdir(exist_ok=True)
        for path in left_over:
            path.unlink()
        for path, text in wanted.items():
            path.write_text(text)
        return 0
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in stale + left_over:
        print(f"{path.relative_to(ROOT)} is stale: run tools/dev/generate_amqp.py", file=sys.stderr)
    return 1 if stale + left_over else 0


if __name__ == "__main__":
    sys.exit(main())

"""The loader's small parsers: YAML scalars, interpolation, env files, units, ports, volumes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.services.compose.dotenv import parse_env
from seawall.services.compose.interpolate import TemplateError, substitute
from seawall.services.compose.names import dns_name, is_dns_name, project_name
from seawall.services.compose.node import Node, Problems, render, scalar_text
from seawall.services.compose.ports import FormError, PortForm, parse_port, parse_volume
from seawall.services.compose.units import (
    parse_cpus,
    parse_duration,
    parse_mode,
    parse_size,
    parse_truth,
    parse_whole,
)
from seawall.services.compose.yaml_reader import read, resolve

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0440", 288),
        ("0o440", 288),
        ("440", 440),
        ("0x1F", 31),
        ("0b11", 3),
        ("-5", -5),
        ("1_000", 1000),
        ("8080:22", "8080:22"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("1e3", 1000.0),
        ("1.10", 1.1),
        ("2024-01-01", "2024-01-01"),
        ("+", "+"),
        ("_1", "_1"),
    ],
)
def test_a_plain_scalar_has_the_value_that_compose_gives_it(text: str, value: object) -> None:
    result = resolve(text)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.1, "1.1"),
        (1e6, "1e+06"),
        (123456.7, "123456.7"),
        (1234567.5, "1.2345675e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-0.0, "-0"),
        (100000.0, "100000"),
        (float("inf"), "+Inf"),
        (True, "true"),
        (None, ""),
        (288, "288"),
    ],
)
def test_a_scalar_is_written_as_go_writes_it(value: str | float | None, text: str) -> None:
    assert scalar_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_reads_back(value: float) -> None:
    assert float(scalar_text(value)) == value


def test_nodes_know_where_they_were_written() -> None:
    problems = Problems()
    (document,) = read(b"a:\n  b: &x [1, {c: 2}]\nd: *x\n", "f.yaml", problems)
    assert not problems.found
    places = {(render(node.path), node.line) for node in document.walk()}
    assert places == {
        ("", 1),
        ("a", 1),
        ("a.b", 2),
        ("a.b[0]", 2),
        ("a.b[1]", 2),
        ("a.b[1].c", 2),
        ("d", 3),
        ("d[0]", 2),
        ("d[1]", 2),
        ("d[1].c", 2),
    }


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    (document,) = read(b"\xef\xbb\xbfname: shop\n", "f.yaml", Problems())
    assert document.plain() == {"name": "shop"}


def test_the_first_of_several_merged_mappings_wins_and_own_keys_before_all() -> None:
    text = b"a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}\n"
    (document,) = read(text, "f.yaml", Problems())
    assert document.mapping()["c"].plain() == {"x": 1, "y": 3, "z": 2}


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("$A", "a"),
        ("${A}b", "ab"),
        ("$$A", "$A"),
        ("$$$A", "$a"),
        ("${NO-d}|${E-d}|${E:-d}", "d||d"),
        ("${NO+r}|${E+r}|${E:+r}|${A:+r}", "|r||r"),
        ("${NO:-${A}${NO-$$}}", "a$"),
        ('${NO:-{"k": {}}}', '{"k": {}}'),
        ("${A:?}${A?x}", "aa"),
        ("${E?x}", ""),
        ("${NO:-}", ""),
    ],
)
def test_variables_are_replaced(template: str, result: str) -> None:
    assert substitute(template, {"A": "a", "E": ""}) == result


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("$NO", "'NO' has no value"),
        ("${NO}", "'NO' has no value"),
        ("${NO:-$ALSO}", "'ALSO' has no value"),
        ("${E:?say so}", "required and has no value: say so"),
        ("${NO?}", "required and has no value."),
        ("$1", "no valid template"),
        ("a$", "no valid template"),
        ("${A", "no valid template"),
        ("${}", "no valid template"),
        ("${A!x}", "no valid template"),
    ],
)
def test_a_variable_without_value_or_form_is_an_error(template: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words.replace("?", r"\?")) as caught:
        substitute(template, {"A": "a", "E": ""})
    assert caught.value.cure.endswith(".")


@given(st.text())
def test_doubled_dollar_signs_always_come_back_single(text: str) -> None:
    assert substitute(text.replace("$", "$$"), {}) == text


@given(NAMES, st.text(), st.text().filter(lambda text: "$" not in text))
def test_a_value_is_put_in_as_it_is(name: str, value: str, around: str) -> None:
    assert substitute(f"{around}${{{name}}}{around}", {name: value}) == around + value + around


ENV_FILE = r"""
# comment
PLAIN=value
export EXPORTED = yes  # why
SINGLE='$PLAIN \n #'
DOUBLE="$PLAIN \"q\"\n\$" # why
MULTI="one
two"
YAML: style
HASH=a#b
EMPTY=
OUTER
"""


def test_an_env_file_is_read_as_compose_reads_it() -> None:
    problems = Problems()
    found = parse_env(ENV_FILE, {"OUTER": "o"}, problems, ".env")
    assert not problems.found
    assert found == {
        "PLAIN": "value",
        "EXPORTED": "yes",
        "SINGLE": "$PLAIN \\n #",
        "DOUBLE": 'value "q"\n$',
        "MULTI": "one\ntwo",
        "YAML": "style",
        "HASH": "a#b",
        "EMPTY": "",
        "OUTER": "o",
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("A=1\n\nno value here\n", 3, "no KEY=value"),
        ("A='open\n", 1, "no closing quote"),
        ("A=1\nB=$NOPE\n", 2, "'NOPE' has no value"),
        ("=x\n", 1, "no KEY=value"),
    ],
)
def test_a_bad_line_of_an_env_file_is_a_problem(text: str, line: int, words: str) -> None:
    problems = Problems()
    parse_env(text, {}, problems, "web.env")
    (problem,) = problems.found
    assert (problem.file, problem.line) == ("web.env", line)
    assert words in problem.message


@given(st.dictionaries(NAMES, st.text().filter(lambda v: not set(v) & set("'\r\\")), max_size=4))
def test_single_quotes_keep_any_value(values: dict[str, str]) -> None:
    problems = Problems()
    text = "\n".join(f"{key}='{value}'" for key, value in values.items())
    assert parse_env(text, {}, problems, ".env") == values
    assert not problems.found


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64M", 67108864),
        ("64m", 67108864),
        ("64mb", 67108864),
        ("64MiB", 67108864),
        ("1.5g", 1610612736),
        ("10", 10),
        ("10b", 10),
        ("2 kb", 2048),
    ],
)
def test_sizes_are_binary(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m30s", 90.0), ("500ms", 0.5), ("1h", 3600.0), ("0", 0.0), ("1.5s", 1.5), ("2us", 2e-6)],
)
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_the_parts_of_a_duration_add_up(hours: int, minutes: int, secs: int, millis: int) -> None:
    text = f"{hours}h{minutes}m{secs}s{millis}ms"
    expected = hours * 3600 + minutes * 60 + secs + millis / 1000
    assert parse_duration(text) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_size, "64Q"),
        (parse_size, "-1"),
        (parse_size, ""),
        (parse_duration, "10"),
        (parse_duration, "1x"),
        (parse_duration, ""),
        (parse_cpus, "-1"),
        (parse_cpus, "nan"),
        (parse_cpus, "all"),
        (parse_whole, "1.5"),
        (parse_whole, "inf"),
        (parse_mode, "0999"),
        (parse_mode, "rw"),
        (parse_truth, "maybe"),
    ],
)
def test_what_is_no_value_is_an_error(parse: object, text: str) -> None:
    assert callable(parse)
    with pytest.raises(ValueError, match="is n"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("80", [PortForm(80, None, "tcp", "")]),
        ("8080:80", [PortForm(80, 8080, "tcp", "")]),
        ("127.0.0.1:8080:80/udp", [PortForm(80, 8080, "udp", "127.0.0.1")]),
        ("127.0.0.1::80", [PortForm(80, None, "tcp", "127.0.0.1")]),
        ("[::1]:90:91", [PortForm(91, 90, "tcp", "::1")]),
        ("8000-8001:80-81", [PortForm(80, 8000, "tcp", ""), PortForm(81, 8001, "tcp", "")]),
        ("53:53/UDP", [PortForm(53, 53, "udp", "")]),
    ],
)
def test_short_forms_of_ports(text: str, ports: list[PortForm]) -> None:
    assert list(parse_port(text)) == ports


@given(st.integers(1, 65000), st.integers(1, 65000), st.integers(0, 500))
def test_a_range_of_ports_keeps_its_pairs(published: int, target: int, more: int) -> None:
    text = f"{published}-{published + more}:{target}-{target + more}"
    assert [(p.published, p.target) for p in parse_port(text)] == [
        (published + step, target + step) for step in range(more + 1)
    ]


@pytest.mark.parametrize("text", ["", ":", "80:", "a:80", "1:2:3:4", "80/ftp", "90-80", "0", "-1"])
def test_what_is_no_port_is_an_error(text: str) -> None:
    with pytest.raises(FormError) as caught:
        parse_port(text)
    assert caught.value.cure


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("/data", ("", "/data", ())),
        ("data:/data", ("data", "/data", ())),
        ("data:/data:ro,nocopy", ("data", "/data", ("ro", "nocopy"))),
        ("C:\\x:/data", ("C:\\x", "/data", ())),
    ],
)
def test_short_forms_of_volumes(text: str, form: tuple[str, str, tuple[str, ...]]) -> None:
    found = parse_volume(text)
    assert (found.source, found.target, found.options) == form


@pytest.mark.parametrize("source", [".", "./a", "../a", "/a", "~/a", "C:\\a"])
def test_a_path_as_source_is_a_bind_mount(source: str) -> None:
    assert parse_volume(f"{source}:/data").is_bind
    assert not parse_volume("data:/data").is_bind


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,61}[A-Za-z0-9]", fullmatch=True))
def test_a_mapped_name_is_a_dns_name_and_stays_one(name: str) -> None:
    mapped = dns_name(name)
    assert is_dns_name(mapped)
    assert dns_name(mapped) == mapped


@pytest.mark.parametrize(
    ("directory", "name"), [("My App", "myapp"), ("_x-1", "x-1"), ("shop", "shop"), ("...", "")]
)
def test_a_directory_names_the_project_as_in_compose(directory: str, name: str) -> None:
    assert project_name(directory) == name


def test_a_spoilt_place_has_one_problem_only() -> None:
    problems = Problems()
    node = Node("x", "f", ("a",), 1)
    problems.spoil(node, "First.", "Cure.")
    problems.add(node, "Second.", "Cure.")
    problems.add(Node("x", "f", ("b",), 1), "Third.", "Cure.")
    assert [problem.message for problem in problems.found] == ["First.", "Third."]

import base64

import pytest
from engine_lab import PASSPHRASE, SALT
from hypothesis import given
from hypothesis import strategies as st

from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.engine.marks import annotate, mark, plain
from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.values import UNKNOWN, Secret

# Made by the stock CLI, with PULUMI_CONFIG_PASSPHRASE=seawall:
# `pulumi config set --secret lab:s "from the stock CLI"`.
STOCK_SALT = "v1:KNPc6pf+zns=:v1:aj5pWMgfn8RXY03v:uBMlFrc4XM3DJWY014oANKwzT1Nwgw=="
STOCK_VALUE = "v1:aTtVNU+fVohEh7pE:iCKg3vbXKkOdkDN8PrWzM9pH2lN8C7hkJNJHLKK0BesWGQ=="


@given(st.text())
def test_what_is_sealed_can_be_opened(text):
    secrets = PassphraseSecrets(PASSPHRASE, SALT)
    sealed = secrets.encrypt(text)
    assert secrets.decrypt(sealed) == text
    assert sealed != secrets.encrypt(text)


def test_the_form_is_pulumis():
    version, salt, inner, nonce, sealed = SALT.split(":")
    assert (version, inner) == ("v1", "v1")
    sizes = [len(base64.b64decode(part)) for part in (salt, nonce, sealed)]
    assert sizes == [8, 12, len("pulumi") + 16]


def test_the_stock_cli_sealed_this():
    assert PassphraseSecrets("seawall", STOCK_SALT).decrypt(STOCK_VALUE) == "from the stock CLI"


def test_a_wrong_passphrase_is_noticed():
    with pytest.raises(UsageError, match="PULUMI_CONFIG_PASSPHRASE"):
        PassphraseSecrets("another", STOCK_SALT)


@pytest.mark.parametrize("state", ["", "v1:x", "v2:a:b", "v1:*:v1:a:b"])
def test_a_malformed_salt_is_refused(state):
    with pytest.raises(UsageError, match="encryptionsalt"):
        PassphraseSecrets(PASSPHRASE, state)


@pytest.mark.parametrize("sealed", ["", "plain", "v1:AAAA", "v2:AAAA:AAAA", "v1:AAAA:*"])
def test_a_malformed_value_is_refused(sealed):
    with pytest.raises(UsageError, match="changed by hand"):
        PassphraseSecrets(PASSPHRASE, SALT).decrypt(sealed)


def test_renewed_keeps_the_key():
    secrets = PassphraseSecrets(PASSPHRASE, SALT)
    renewed = secrets.renewed(PASSPHRASE)
    assert renewed.state != secrets.state
    assert renewed.decrypt(secrets.encrypt("x")) == "x"


def test_plain_takes_marks_off_at_any_depth():
    given = {"a": Secret("x"), "b": [{"c": Secret({"d": 1})}], "e": UNKNOWN}
    assert plain(given) == {"a": "x", "b": [{"c": {"d": 1}}], "e": UNKNOWN}
    unmarked = {"a": [1]}
    assert plain(unmarked) is unmarked


def test_annotate_follows_names_into_objects_and_stops_at_lists():
    inputs = {"a": Secret(1), "b": {"c": Secret(1), "d": 2}, "e": [Secret(1), 2], "gone": Secret(1)}
    outputs = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1, 2], "f": 3}
    assert annotate(outputs, inputs) == {
        "a": Secret(1),
        "b": {"c": Secret(1), "d": 2},
        "e": Secret([1, 2]),
        "f": 3,
    }
    assert outputs["a"] == 1


def test_mark_passes_over_what_is_not_there():
    assert mark({"a": 1}, ["a", "b"]) == {"a": Secret(1)}

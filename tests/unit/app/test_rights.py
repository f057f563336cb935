"""What the catalogue's declarations come to in NATS and Valkey."""

from capitalino.app.stack.rights import nats_users, subjects, valkey_users
from tests.support.modules import MODULES

LEDGER, AUTH, PAYMENTS = MODULES


def test_a_service_tells_only_its_own_facts() -> None:
    assert "fact.payments.conversion_settled.v1" in subjects(PAYMENTS).publish
    for module in MODULES:
        told = [subject for subject in subjects(module).publish if subject.startswith("fact.")]
        assert all(subject.split(".")[1] == module.name for subject in told)


def test_a_service_asks_only_what_it_declared() -> None:
    assert "rpc.ledger.post_entry" in subjects(PAYMENTS).publish
    assert not [subject for subject in subjects(AUTH).publish if subject.startswith("rpc.")]


def test_a_service_answers_and_hears_only_for_itself() -> None:
    assert subjects(PAYMENTS).subscribe == (
        "_INBOX_payments.>",
        "rpc.payments.*",
        "replay.payments",
        "signal.market.price.>",
    )


def test_a_service_has_one_durable_for_each_source_that_it_hears() -> None:
    durables = {
        subject.split(".")[5] for subject in subjects(PAYMENTS).publish if "CONSUMER.CREATE" in subject
    }
    assert durables == {"payments-ledger"}
    assert not [subject for subject in subjects(LEDGER).publish if "CONSUMER" in subject]


def test_valkey_holds_no_password_in_the_clear() -> None:
    text = valkey_users(MODULES, lambda name: f"secret-of-{name}")
    assert "secret-of" not in text
    assert "user default off" in text
    assert text.count("user ") == len(MODULES) + 2


def test_nats_knows_every_service_and_ourselves() -> None:
    text = nats_users(MODULES, lambda name: f"secret-of-{name}")
    assert [line for line in text.splitlines() if "user: payments" in line]
    assert text.count("user: ") == len(MODULES) + 1

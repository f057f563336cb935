"""The catalogue is in order, and says who owns what."""

from itertools import chain

import pytest

from capitalino.app.catalog import NAMES, UnknownService, chosen, module
from capitalino.kit.rpc import service_name

MODULES = chosen(["all"])


def test_all_is_every_service_in_its_order() -> None:
    assert [one.name for one in MODULES] == list(NAMES)
    assert [module(name).name for name in NAMES] == list(NAMES)


def test_some_are_given_in_the_order_of_the_catalogue_and_once() -> None:
    assert [one.name for one in chosen(["payments,ledger", "market", "ledger"])] == [
        "ledger",
        "market",
        "payments",
    ]
    assert chosen([]) == []


def test_an_unknown_service_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownService, match=r"unknown service: loans, moon; there are: ledger, market"):
        chosen(["ledger,moon", "loans"])


def test_a_service_comes_after_those_that_it_asks() -> None:
    for one in MODULES:
        for api in one.asks:
            assert NAMES.index(service_name(api)) < NAMES.index(one.name), f"{one.name} asks {api}"
            assert api in module(service_name(api)).apis


def test_a_word_belongs_to_one_service() -> None:
    words = list(chain.from_iterable((*one.words, *one.internal) for one in MODULES))
    assert len(words) == len(set(words))


def test_what_is_heard_is_told_and_what_is_listened_to_is_sent() -> None:
    told = set(chain.from_iterable(one.tells for one in MODULES))
    sent = set(chain.from_iterable(one.sends for one in MODULES))
    for one in MODULES:
        assert set(one.hears) <= told, one.name
        assert set(one.listens) <= sent, one.name

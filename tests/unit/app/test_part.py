"""The order of parts."""

from capitalino.app.stack.part import Part, in_order


def test_a_part_comes_in_the_first_wave_after_all_that_it_needs() -> None:
    parts = (Part("edge", "", needs=("a", "b")), Part("a", "", needs=("db",)), Part("b", ""), Part("db", ""))
    assert [[part.name for part in wave] for wave in in_order(parts)] == [["b", "db"], ["a"], ["edge"]]


def test_the_program_of_a_part_is_what_runs_in_the_end() -> None:
    assert Part("a", "", command=("/bin/nats", "--config", "c")).program == "/bin/nats"
    as_another = Part(
        "a", "", command=("setpriv", "--reuid=5", "--", "/bin/postgres", "-D"), changes_user=True
    )
    assert as_another.program == "/bin/postgres"

"""The plans of faults that test_ingest_faults carries out."""

from tests.support.fault_plan import Burst, Fault, Happening, Staff, Way, draw


def test_the_same_seed_draws_the_same_plan_and_another_seed_another_one() -> None:
    assert draw(7, 50) == draw(7, 50)
    assert draw(7, 50) != draw(8, 50)


def test_a_plan_has_as_many_faults_as_asked_and_mail_around_each() -> None:
    plan = draw(500, 500)
    assert sum(isinstance(one, Happening) and isinstance(one.what, Fault) for one in plan) == 500
    assert sum(isinstance(one, Burst) for one in plan) == 501
    assert isinstance(plan[-1], Burst)


def test_a_long_plan_leaves_nothing_out() -> None:
    plan = draw(501, 500, record_may_die=True)
    assert {one.what for one in plan if isinstance(one, Happening)} == {*Fault, *Staff}
    assert {one.way for one in plan if isinstance(one, Burst)} == set(Way)
    assert max(max(one.padding) for one in plan if isinstance(one, Burst)) > 8 * 1024 * 1024


def test_only_a_record_on_a_server_of_its_own_is_killed() -> None:
    assert Fault.RECORD_KILLED not in {one.what for one in draw(501, 500) if isinstance(one, Happening)}

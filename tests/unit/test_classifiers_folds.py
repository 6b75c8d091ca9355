"""Which letters are set aside together when a model is examined on letters it has not seen."""

from classifiers.letters import Letter, fold_of


def letter(number: int, topic: str, writer: str | None) -> Letter:
    return Letter(id=f"{topic}-{number}", text="Bună ziua", topic=topic, writer=writer)


def test_no_hand_is_on_both_sides_of_an_examination() -> None:
    letters = [
        letter(number, topic, f"{hand}{number}")
        for topic, hands in (("animale", "ae"), ("presa", "ch"), ("altele", "dkm"))
        for hand in hands
        for number in range(4)
    ]
    parts = fold_of(letters, 3)
    for topic in ("animale", "presa", "altele"):
        of_hand: dict[str, set[int]] = {}
        for one, part in zip(letters, parts, strict=True):
            if one.topic == topic:
                of_hand.setdefault(one.hand, set()).add(part)
        assert all(len(parts_of_it) == 1 for parts_of_it in of_hand.values())
        assert len(set.union(*of_hand.values())) > 1, "something is left to learn from"


def test_letters_of_one_hand_or_of_none_are_dealt_out() -> None:
    assert fold_of([letter(number, "animale", f"a{number}") for number in range(4)], 3) == [0, 1, 2, 0]
    assert fold_of([letter(number, "animale", None) for number in range(4)], 3) == [0, 1, 2, 0]

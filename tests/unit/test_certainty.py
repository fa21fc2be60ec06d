import pytest

from stages.training.text.certainty import least_score, most_share


def test_the_bound_is_clopper_and_pearsons() -> None:
    # of none among n it is 1 - 0.05 ** (1 / n)
    assert most_share(0, 50) == pytest.approx(1 - 0.05 ** (1 / 50))
    assert most_share(0, 1) == pytest.approx(0.95)
    assert most_share(10, 10) == 1.0
    assert most_share(5, 100) > 0.05


def test_an_answer_may_stand_down_to_where_too_many_differ() -> None:
    scores = [1 - place / 1000 for place in range(300)]
    differs = [place >= 200 for place in range(300)]
    least = least_score(scores, differs, [0] * 300, 0.02)
    assert least == scores[199]  # with one of 201 the share may be 2.3 %
    assert least_score(scores, [False] * 300, [0] * 300, 0.02) == min(scores)


def test_too_few_comments_prove_nothing() -> None:
    assert least_score([0.99] * 49, [False] * 49, [0] * 49, 1.0) is None


def test_equal_scores_stand_or_fall_together() -> None:
    assert least_score([0.9] * 100 + [0.8] * 100, [False] * 100 + [True] * 100, [0] * 200, 0.1) == 0.9


def test_who_is_wrong_where_the_whole_network_is_right_may_not_stand() -> None:
    scores = [1 - place / 1000 for place in range(200)]
    harm = [0] * 100 + [1] + [0] * 99
    assert least_score(scores, [False] * 200, harm, 0.05) == pytest.approx(0.901)
    made_up_for = [-1, *harm[1:]]
    assert least_score(scores, [False] * 200, made_up_for, 0.05) == min(scores)

"""A few of the nights that `make soak` lets pass by the hundred."""

import pytest
from soak import night


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_night_of_random_faults_loses_and_spoils_nothing(tmp_path, seed):
    assert night(seed, tmp_path) == []

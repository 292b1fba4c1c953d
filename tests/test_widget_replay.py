"""The GAN replay's Python side: what travels, what it counts, what it refuses, its poster."""

import base64

import numpy as np
import pytest
import torch
import traitlets

from vae_utils import results
from vae_utils.contest import METHODS, first_networks, ring_and_examples
from vae_utils.modes import count_modes, share_in_mode
from vae_utils.widgets.replay import LIMIT, GanReplay, quantised, restored

MOMENTS = [0.0, 0.25, 1.0]
RING, EXAMPLES = ring_and_examples()


def recording(**traits):
    """Two methods at three moments: one walks to the ring, the other to its first mode."""
    source = torch.Generator().manual_seed(0)
    start = torch.randn(30, 2, generator=source) * 0.1
    ends = EXAMPLES[:30], RING.means[0] + 0.05 * torch.randn(30, 2, generator=source)
    fake = torch.stack([torch.stack([torch.lerp(start, end, done) for end in ends]) for done in MOMENTS])
    return GanReplay(fake, EXAMPLES[30:60], methods=["all", "one"], steps=[20, 8], moments=MOMENTS, **traits), fake


def test_a_byte_keeps_a_coordinate_to_half_a_step():
    values = torch.linspace(-LIMIT, LIMIT, 1001)[:, None].expand(-1, 2)
    back = restored(quantised(values), -1, 2)
    assert (back - values).abs().max() <= 0.5 / 51 + 1e-6
    assert quantised(back) == quantised(values), "a second time nothing is lost"
    assert restored(quantised(torch.tensor([[9.0, -9.0]])), 1, 2).tolist() == [[LIMIT, -LIMIT]]


def test_state_travels_to_the_page():
    widget, fake = recording()
    state = widget.get_state()
    assert (state["moment"], state["moments"], state["methods"], state["steps"]) == (
        2,
        MOMENTS,
        ["all", "one"],
        [20, 8],
    )
    assert len(state["fake"]) == fake.numel() and len(state["real"]) == 60
    assert np.frombuffer(state["centres"], "<f4").reshape(8, 2) == pytest.approx(RING.means.numpy())
    torch.testing.assert_close(widget.points(1).float(), fake[1], atol=0.01, rtol=0)
    assert torch.equal(widget.points(), widget.points(2))


def test_counts_are_those_of_the_points_shown():
    widget, _ = recording(moment=0)
    assert [count.found for count in widget.counts().values()] == [0, 0]
    last = widget.counts(2)
    assert last["one"].found == 1 and last["one"].points.argmax() == 0
    assert last["all"].found == count_modes(widget.points(2)[0].float(), RING).found > 4


def test_the_stored_study_is_what_it_says():
    """Shapes, a common start, and counts of the shown points against those of the 4000 that the study judged.

    The 200 shown are the first of the 4000, so a share of them has standard error at most √(¼ / 200) = 0.035; allowed
    are four, and 0.02 for the quantisation.
    """
    study = results.load("gan_modes")
    widget = GanReplay.from_results()
    assert widget.methods == list(METHODS) == list(study["methods"])
    assert widget.steps == [method.steps for method in METHODS.values()]
    assert len(widget.moments) == 25 and widget.seed == study["seeds"][0]
    assert widget.points().shape == (5, 200, 2)
    first = widget.points(0)
    assert torch.equal(first, first[:1].expand_as(first)), "all start with the same weights and the same noise"
    for moment in range(25):
        for name, count in widget.counts(moment).items():
            _, share = study["methods"][name]["course"][0][moment]
            assert count.in_mode == pytest.approx(share, abs=4 * 0.035 + 0.02)
    assert study["real"]["in_mode"] == pytest.approx(share_in_mode(3, 2), abs=5 * 0.0017)
    assert len(base64.b64decode(study["replay"]["fake"])) == len(widget.fake) == 50_000


def test_the_first_points_are_those_of_the_untrained_generator():
    """From the noise of the experiment, so the recording belongs to this architecture and this seed."""
    noise = torch.randn(4000, 2, generator=torch.Generator().manual_seed(1000))[:200]
    with torch.no_grad():
        expected = first_networks(0)[0].decoder(noise)
    torch.testing.assert_close(GanReplay.from_results().points(0)[0].float(), expected, atol=0.0099, rtol=0)


@pytest.mark.parametrize(("name", "value"), [("moment", 3), ("moment", -1), ("trails", "yes")])
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=name):
        recording(**{name: value})


@pytest.mark.parametrize(
    "change, message",
    [
        ({"moments": [0.0, 1.0]}, r"fake and real must have shapes .* here \(2, 2, 30, 2\)"),
        ({"methods": ["one"]}, "fake and real must have shapes"),
        ({"real": torch.zeros(30, 3)}, "fake and real must have shapes"),
        ({"steps": [1]}, "steps must hold one number per method, 2, got 1"),
        ({"moments": [0.0, 0.0, 1.0]}, "moments must increase from 0 to 1"),
        ({"moments": [0.1, 0.5, 1.0]}, "moments must increase from 0 to 1"),
        ({"fake": torch.full((3, 2, 30, 2), torch.nan)}, "fake must be finite"),
    ],
)
def test_recordings_that_do_not_fit_are_refused(change, message):
    _, fake = recording()
    arguments = {"fake": fake, "real": EXAMPLES[:30], "methods": ["all", "one"], "steps": [20, 8], "moments": MOMENTS}
    with pytest.raises(ValueError, match=message):
        GanReplay(**arguments | change)


def test_the_poster_shows_the_moment():
    posters = [recording(moment=moment)[0].poster() for moment in (0, 2, 2)]
    assert posters[0] != posters[1] == posters[2]

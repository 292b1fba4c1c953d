"""Figures: every helper draws what it was given into the Axes it was given."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy import stats

from vae_utils import plots
from vae_utils.ledger import Account
from vae_utils.model import VAE
from vae_utils.training import History


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        plots.use_style()
        yield
    plt.close("all")


@pytest.fixture
def ax():
    return plt.subplots()[1]


def test_use_style_sets_every_entry():
    for name, value in plots.STYLE.items():
        assert (
            str(plt.rcParams[name]) == str(value)
            or plt.rcParams[name] == value
            or list(plt.rcParams[name]) == list(value)
        )


def test_images_stand_in_reading_order(ax):
    x = torch.arange(3.0)[:, None].expand(3, 4) / 2  # three 2×2 images: 0, ½, 1
    assert plots.images(x, columns=2, ax=ax, title="three") is ax
    sheet = ax.images[0].get_array().filled(np.nan)
    assert sheet.shape == (5, 5)
    assert sheet[0, 0] == 0 and sheet[0, 3] == 0.5 and sheet[3, 0] == 1
    assert np.isnan(sheet[2, :]).all() and np.isnan(sheet[3:, 3:]).all(), "gaps and the empty place stay paper"
    assert ax.get_title(loc="left") == "three" and len(ax.get_xticks()) == 0


def test_density_draws_the_curve_over_a_histogram_of_area_one(ax):
    grid = np.linspace(-4, 4, 200)
    samples = torch.randn(5000, generator=torch.Generator().manual_seed(0))
    plots.density(grid, stats.norm.pdf(grid), samples=samples, bins=40, ax=ax)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), stats.norm.pdf(grid))
    assert sum(bar.get_width() * bar.get_height() for bar in ax.patches) == pytest.approx(1)
    plots.density(torch.as_tensor(grid), torch.as_tensor(stats.norm.pdf(grid)), ax=ax)
    assert len(ax.lines) == 2


def test_codes_are_named_and_not_only_coloured(ax):
    z = torch.tensor([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]])
    plots.codes(z, torch.tensor([3, 3, 7]), ax=ax)
    assert [text.get_text() for text in ax.texts] == ["3", "7"]
    assert ax.texts[1].get_position() == (5, 5)


def test_posteriors_are_ellipses_of_the_standard_deviation(ax):
    plots.posteriors(torch.tensor([[1.0, 2.0]]), torch.log(torch.tensor([[4.0, 0.25]])), ax=ax, deviations=2)
    (ellipse,) = ax.patches
    assert tuple(ellipse.center) == (1, 2)
    assert (ellipse.width, ellipse.height) == pytest.approx((8, 2))


def test_the_latent_grid_has_equal_prior_mass_and_reads_from_the_top_left():
    grid = plots.gaussian_quantiles(4, dtype=torch.float64)
    axis = grid[:4, 0]
    np.testing.assert_allclose(stats.norm.cdf(axis), [1 / 8, 3 / 8, 5 / 8, 7 / 8])
    assert grid.shape == (16, 2) and grid[0, 1] == grid[:, 1].max() and grid[-1, 1] == grid[:, 1].min()
    assert not torch.allclose(axis.diff(), axis.diff()[0].expand(3)), "a linear grid would be another thing"


def test_latent_map_shows_the_decoded_grid(ax):
    model = VAE.of_size(16, 2, (4,))
    plots.latent_map(model, n=3, ax=ax)
    sheet = ax.images[0].get_array().filled(np.nan)
    assert sheet.shape == (14, 14)
    first = model.decode(plots.gaussian_quantiles(3))[0].detach().reshape(4, 4).numpy()
    np.testing.assert_allclose(sheet[:4, :4], first, rtol=1e-6)
    with pytest.raises(ValueError, match="2 latent dimensions for a map, got 3"):
        plots.latent_map(VAE.of_size(16, 3, (4,)))


def test_training_draws_both_curves(ax):
    history = History(train={"elbo": [1.0, 2.0]}, validation={"elbo": [0.5, 1.5]})
    plots.training(history, ax=ax)
    assert [list(line.get_ydata()) for line in ax.lines] == [[1, 2], [0.5, 1.5]]
    assert len(plots.training(History(train={"elbo": [1.0]})).lines) == 1
    with pytest.raises(ValueError, match="name must be one of elbo, got 'kl'"):
        plots.training(history, "kl", ax=ax)


def test_heat_map_has_a_labelled_scale_and_contours(ax):
    values = np.arange(6.0).reshape(2, 3)
    plots.heat_map(values, [1, 2, 3], [10, 20], ax=ax, label="nats", contours=[2.5])
    np.testing.assert_array_equal(np.ravel(ax.collections[0].get_array()), values.ravel())
    assert ax.figure.axes[1].get_ylabel() == "nats"
    with pytest.raises(ValueError, match=r"values must have shape .* = \(3, 2\), got \(2, 3\)"):
        plots.heat_map(values, [1, 2], [1, 2, 3], ax=ax)


def test_ledger_has_one_row_per_account_and_says_what_is_unknown(ax):
    accounts = [
        Account(1, "PPCA", log_p=13.2),
        Account(4, "AE", None, 40.0, 90.0),
        Account(7, "VAE", 12.0, 20.0, 8.8, 0.8),
    ]
    plots.ledger(accounts, ax=ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["1  PPCA", "4  AE", "7  VAE"]
    texts = [text.get_text() for text in ax.texts]
    assert "log p 13.2" in texts[0] and "KL ?" in texts[0] and "gap 0.8" in texts[2]
    low, high = ax.get_xlim()
    assert low < -50 and high > 13.2
    alone = plots.ledger([Account(3, "posterior", reconstruction=12.2)])
    (hollow,) = alone.lines
    assert list(hollow.get_xdata()) == [12.2] and hollow.get_markerfacecolor() == "none"
    exact = plots.ledger([Account(5, "PPCA", 5.7, 13.9, 8.2 + 1e-12, 0.0)])
    assert np.diff(exact.get_xlim()) >= 2, "rounding must not become the scale of the axis"
    with pytest.raises(ValueError, match="at least one account"):
        plots.ledger([], ax=ax)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: plots.images(torch.zeros(2, 5)), "D a square number, got \\(2, 5\\)"),
        (lambda: plots.images(torch.zeros(2, 4), columns=0), "columns must be at least 1"),
        (lambda: plots.posteriors(torch.zeros(2, 2), torch.zeros(3, 2)), "mu and logvar must have the same shape"),
        (lambda: plots.gaussian_quantiles(0), "n must be at least 1"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_without_an_axes_a_new_figure_is_made():
    assert plots.images(torch.zeros(1, 4)).figure.number in plt.get_fignums()

"""A model that learns on the grid has, once it is taken off, the weights that are exported."""

from __future__ import annotations


def test_weights_are_multiples_of_their_channels_step_and_stay_so_off_the_grid() -> None:
    import torch

    from training.quantise import LEVELS, put_on_grid, take_off_grid

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Linear(4, 2))
    before = [layer.weight.detach().clone() for layer in model]
    put_on_grid(model)
    given = torch.randn(3, 8)
    computed = model(given)
    take_off_grid(model)
    assert sorted(model.state_dict()) == ["0.bias", "0.weight", "1.bias", "1.weight"]
    assert torch.equal(model(given), computed)
    for layer, weight in zip(model, before, strict=True):
        step = weight.abs().amax(1, keepdim=True) / LEVELS
        levels = layer.weight.detach() / step
        assert torch.allclose(levels, levels.round(), atol=1e-3)
        assert ((layer.weight.detach() - weight).abs() <= step / 2 + 1e-6).all()


def test_what_is_rounded_is_learned_as_if_it_were_not() -> None:
    import torch

    from training.quantise import put_on_grid

    torch.manual_seed(0)
    layer, rounded = torch.nn.Linear(8, 4), torch.nn.Linear(8, 4)
    rounded.load_state_dict(layer.state_dict())
    put_on_grid(rounded)
    for own in (layer, rounded):
        own(torch.ones(1, 8)).sum().backward()
    assert torch.equal(rounded.parametrizations.weight.original.grad, layer.weight.grad)

"""Back-propagation through time: which windows (strategies) and how a cell runs over one (engines).

    z_t = ∂f(x_t, h_{t−1}, w)/∂w + ξ_t · ∂f/∂h_{t−1} · ∂h_{t−1}/∂w

In reverse mode, what flows back from step t into the state of step t − 1 is multiplied by the gradient
gate ξ_t; losses that are read at step t − 1 are not.
"""

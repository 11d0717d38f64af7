"""tdbook: the verified core of an executable book on over-parametrised tensor decomposition.

The public names stand in ``__init__.pyi``. Each is loaded when it is first used (SPEC 1 of Scientific Python), so that
numerical work needs neither SymPy nor matplotlib.

>>> import tdbook
>>> target = tdbook.random_target(dimension=30, rank=3, order=3, kind="generic", rng=0)
>>> result = tdbook.decompose(target, components=12, accuracy=0.05, rng=0)
>>> result.converged
True
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

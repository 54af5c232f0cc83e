"""The package's reader under the name that scripts beside it import: `import results`."""
from bigsweep.results import *  # noqa: F401,F403

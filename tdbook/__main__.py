"""``python -m tdbook`` is the command ``tdbook``."""

import sys

from tdbook.command_line import main

sys.exit(main())

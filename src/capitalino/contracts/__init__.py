"""All that services know of each other: what may be asked (`api`), and what is told (`events`)."""

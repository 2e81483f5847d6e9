"""The syntax of brief.md, once: compose reads with it, authoring writes with it and reads back what it wrote."""

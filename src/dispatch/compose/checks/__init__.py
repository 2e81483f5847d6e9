"""What is wrong with a Brief and its Editions: one file per topic; `all` calls them."""

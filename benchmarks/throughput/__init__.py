"""How many comments a second go through six hops: the runtime's, its peers' and a hand-written loop's."""

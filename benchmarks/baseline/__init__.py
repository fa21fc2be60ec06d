"""The shape that a shop like this is written in first: a list for each viewer, a worker that pops from them, one HTTP
call to each service for each comment, and one INSERT each. With the same models, database and providers as ours."""

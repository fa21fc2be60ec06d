"""The recorded show: what it holds, and the program that drew its pictures."""

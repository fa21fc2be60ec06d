"""Cut-out pictures (RGBA) for composites: sprites named by Unicode code point, and catalog pictures.

The sprites come from a folder of `<code point>[-<code point>...].webp` files, as the npm package
`@lobehub/fluent-emoji-3d` (MIT) has them.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image

from stages.adapters.catalog_views import trim

# Words of Unicode names that tell signs from things.
_SIGNS = """
    SIGN SYMBOL SQUARED SQUARE CIRCLE CIRCLED ARROW ARROWS CLOUD MOON HEART HEARTS BUTTON FLAG FACE LETTER
    DIGIT MARK TRIANGLE ORNAMENT DIAMOND IDEOGRAPH SUIT CROSS DASH LOOP STAR SPARKLES SPARKLE EYES EYE
    MOUTH TONGUE FOG SUN WIND SUNRISE MILKY CITYSCAPE BRIDGE RAINBOW MINUS PLUS KEYCAP ENTRY NO BUST BUSTS
    RESTROOM ELEVATOR CUSTOMS SUNSET NIGHT COMET FOGGY TRIGRAM MONKEY BIOHAZARD INDICATOR EMBLEM
"""
_SIGN_WORDS = frozenset(_SIGNS.split())
_PICTOGRAPHS = range(0x1F300, 0x1FB00)
_TONED = 5  # code points with this many files have skin tones: people and their hands
_HANDS = frozenset({"HAND", "HANDS", "FIST", "FINGERS", "FINGER", "INDEX"})


@dataclass(frozen=True, slots=True)
class SpriteSheet:
    """Sprite files by what they serve for: things to sell, people and hands in the way, stickers on top."""

    things: tuple[Path, ...]
    people: tuple[Path, ...]
    hands: tuple[Path, ...]
    signs: tuple[Path, ...]

    @classmethod
    def from_folder(cls, folder: Path) -> "SpriteSheet":
        """Sort the sprites of `folder`; raises ValueError when there are too few to train with."""
        by_name: dict[str, list[Path]] = defaultdict(list)
        for path in sorted(folder.glob("*.webp")):
            by_name[unicodedata.name(chr(int(path.stem.split("-")[0], 16)), path.stem)].append(path)
        kinds: dict[str, list[Path]] = {"things": [], "people": [], "hands": [], "signs": []}
        for name, paths in by_name.items():
            kinds[_kind(name, paths)].extend(paths)
        sheet = cls(**{kind: tuple(paths) for kind, paths in kinds.items()})
        if min(len(sheet.things), len(sheet.people), len(sheet.hands), len(sheet.signs)) < 20:
            raise ValueError(
                f"{folder} holds too few sprites. Unpack the npm package @lobehub/fluent-emoji-3d "
                "and name its `assets` folder."
            )
        return sheet

    def split(self, seed: int, held_out: float) -> tuple["SpriteSheet", "SpriteSheet"]:
        """Two sheets without a picture in common; the second has the share `held_out` of each kind."""

        def halves(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
            shuffled = list(paths)
            Random(seed).shuffle(shuffled)
            cut = int(len(shuffled) * held_out)
            return tuple(shuffled[cut:]), tuple(shuffled[:cut])

        parts = [halves(kind) for kind in (self.things, self.people, self.hands, self.signs)]
        return SpriteSheet(*(kept for kept, _ in parts)), SpriteSheet(*(out for _, out in parts))


def _kind(name: str, paths: Sequence[Path]) -> str:
    words = set(name.replace("-", " ").split())
    if len(paths) >= _TONED and "REGIONAL" not in words:
        return "hands" if words & _HANDS else "people"
    code = int(paths[0].stem.split("-")[0], 16)
    return "things" if code in _PICTOGRAPHS and not words & _SIGN_WORDS else "signs"


def load_sprite(path: Path) -> Image.Image:
    """The picture as RGBA, cut to what is visible of it."""
    return trim(Image.open(path).convert("RGBA"))

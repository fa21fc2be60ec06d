"""Fine-tune on labelled comments, alone or with a teacher's opinion on labelled and unlabelled ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from stages.adapters.normalise import normalise
from stages.training.text.dataset import INTENTS, Example, shuffled_batches, vary
from stages.training.text.network import IntentNetwork

Progress = Callable[[int, int, float], None]  # (step, steps, loss of the last batch)

LONGEST = 64  # pieces of a text, the two special ones included


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn; rates are the peaks of a linear warm-up and decay."""

    epochs: int
    rate: float
    head_rate: float = 1e-3
    batch: int = 32
    warm_up: float = 0.1
    decay: float = 0.01
    softness: float = 2.0  # temperature of the teacher's opinion
    labels_share: float = 0.4  # of the loss, where there is a teacher
    smoothing: float = 0.05  # of the labels: some are wrong, and a sure network is badly calibrated


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Ids and mask, int64 [texts, longest]; padded with piece 1."""
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding(pad_id=1)
    encodings = tokenizer.encode_batch([normalise(text) for text in texts])
    ids = torch.tensor([encoding.ids for encoding in encodings])
    return ids, torch.tensor([encoding.attention_mask for encoding in encodings])


@torch.no_grad()
def logits_of(network: IntentNetwork, tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
    """float32 [texts, intents], by batches of alike length."""
    network.eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    answers = torch.empty(len(texts), len(INTENTS))
    for start in range(0, len(order), 64):
        places = order[start : start + 64]
        answers[places] = network(*encode(tokenizer, [texts[i] for i in places])).float()
    return answers


def tune(
    network: IntentNetwork,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    plan: Plan,
    random: Random,
    progress: Progress,
    opinions: Tensor | None = None,
    unlabelled: Sequence[str] = (),
) -> None:
    """Change `network` in place. `opinions`, a teacher's logits [examples + unlabelled, intents], teach too:
    the unlabelled texts by them only."""
    lengths = [len(example.text) for example in examples] + [len(text) for text in unlabelled]
    steps = plan.epochs * -(-len(lengths) // plan.batch)
    optimiser, schedule = _optimiser(network, plan, steps)
    step = 0
    for _ in range(plan.epochs):
        for unordered in shuffled_batches(lengths, plan.batch, random):
            places = sorted(unordered)  # the labelled ones first
            network.train()
            labelled = [examples[i] for i in places if i < len(examples)]
            texts = [vary(example, random) for example in labelled]
            texts += [unlabelled[i - len(examples)] for i in places if i >= len(examples)]
            # bfloat16 is twice as fast, and accurate enough to learn by
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = network(*encode(tokenizer, texts)).float()
            loss = _loss(logits, labelled, None if opinions is None else opinions[places], plan)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            progress(step, steps, float(loss.detach()))


def _loss(logits: Tensor, labelled: Sequence[Example], opinions: Tensor | None, plan: Plan) -> Tensor:
    gold = torch.tensor([INTENTS.index(example.intent) for example in labelled], dtype=torch.long)
    hard = (
        functional.cross_entropy(logits[: len(labelled)], gold, label_smoothing=plan.smoothing)
        if labelled
        else logits.sum() * 0
    )
    if opinions is None:
        return hard
    soft = functional.kl_div(
        functional.log_softmax(logits / plan.softness, dim=-1),
        functional.softmax(opinions / plan.softness, dim=-1),
        reduction="batchmean",
    )
    return plan.labels_share * hard + (1 - plan.labels_share) * plan.softness**2 * soft


def _optimiser(
    network: IntentNetwork, plan: Plan, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    body = [weights for weights in network.encoder.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": plan.rate}, {"params": network.head.parameters(), "lr": plan.head_rate}],
        weight_decay=plan.decay,
    )
    warm_up = max(1, round(plan.warm_up * steps))

    def factor(step: int) -> float:
        return min((step + 1) / warm_up, max(0.0, (steps - step) / max(1, steps - warm_up)))

    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, factor)

"""The network: an e5 encoder, the mean of its last layer over the text, one linear layer."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from stages.adapters.torch_compat import ensure_torchvision_ops
from stages.training.text.e5_weights import E5Weights


class IntentNetwork(nn.Module):
    """(input_ids, attention_mask), both int64 [batch, length] -> logits float32 [batch, intents]."""

    def __init__(self, encoder: nn.Module, hidden: int, intents: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(hidden, intents)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits (texts x intents), of the mean of the states that aren't masked."""
        states: Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
        weights = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1)
        logits: Tensor = self.head(self.dropout(mean))
        return logits


def build(weights: E5Weights, pieces: Sequence[int], intents: int) -> IntentNetwork:
    """The whole encoder with the embeddings of `pieces` only, and a fresh head."""
    tensors = {name: torch.from_numpy(values) for name, values in weights.tensors.items()}
    word = "embeddings.word_embeddings.weight"
    tensors[word] = tensors[word][torch.tensor(pieces)]
    encoder = _bert(weights, len(pieces), weights.layers)
    encoder.load_state_dict(tensors)
    return IntentNetwork(encoder, weights.hidden, intents)


def keep_layers(
    teacher: IntentNetwork, weights: E5Weights, pieces: int, layers: Sequence[int]
) -> IntentNetwork:
    """A copy of `teacher` with only these of its layers, in this order."""
    state = _without_layers(teacher.encoder.state_dict())
    for place, layer in enumerate(layers):
        start = f"encoder.layer.{layer}."
        for name, values in teacher.encoder.state_dict().items():
            if name.startswith(start):
                state[f"encoder.layer.{place}.{name[len(start) :]}"] = values
    encoder = _bert(weights, pieces, len(layers))
    encoder.load_state_dict(state)
    student = IntentNetwork(encoder, weights.hidden, teacher.head.out_features)
    student.head.load_state_dict(teacher.head.state_dict())
    return student


def _without_layers(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values for name, values in state.items() if not name.startswith("encoder.layer.")}


def _bert(weights: E5Weights, pieces: int, layers: int) -> nn.Module:
    ensure_torchvision_ops()  # transformers imports torchvision where it is installed
    from transformers import BertConfig, BertModel

    settings = BertConfig(
        vocab_size=pieces,
        hidden_size=weights.hidden,
        num_hidden_layers=layers,
        num_attention_heads=weights.heads,
        intermediate_size=weights.feed_forward,
        max_position_embeddings=weights.positions,
        type_vocab_size=2,
        layer_norm_eps=weights.layer_norm_eps,
        pad_token_id=1,
        attn_implementation="eager",
    )
    bert: nn.Module = BertModel(settings, add_pooling_layer=False)
    bert.get_submodule("embeddings.word_embeddings").requires_grad_(False)  # unseen words keep their place
    return bert

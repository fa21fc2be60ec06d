# What a newcomer needs: `make demo`, `make test`. What CI runs: `make check`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export HF_HUB_OFFLINE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo demo-stop test bench mutate check lint types security docs sbom lock clean

demo: $(VENV)/.runtime
	$(BIN)/tiktoksales demo $(ARGS)

demo-stop: $(VENV)/.runtime
	$(BIN)/tiktoksales demo --stop

test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses 3 $(ARGS)

# The short form of every benchmark; what it finds is kept in benchmarks/results/.
bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(ARGS)

# Are the tests of what must never be wrong able to fail? See tests/mutation/README.md; ARGS names targets.
mutate: $(VENV)/.mutation
	$(BIN)/python -m tests.mutation $(ARGS)

check: lint types security docs test

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# What ruff's S rules leave to it: bandit, from medium severity on. And known vulnerabilities of what is pinned; where
# the service is away that is said, and fails only with AUDIT=--must.
security: $(VENV)/.dev
	$(BIN)/bandit --quiet --recursive --severity-level medium schemas pipeline stages
	$(BIN)/python deploy/audit.py $(AUDIT) requirements.lock requirements-dev.lock

# What a release is made of, in CycloneDX.
sbom: $(VENV)/.dev
	mkdir -p dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-file dist/sbom.json requirements.lock

# The documentation, into build/site; a link that leads nowhere fails.
docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

types: $(VENV)/.dev
	$(BIN)/mypy

# torch comes first and outside of the locks: see requirements-torch.txt.
$(VENV)/.torch: requirements-torch.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements-torch.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.torch requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	@touch $@

# What the benchmarks compare with: `python -m benchmarks...`.
$(VENV)/.bench: $(VENV)/.dev requirements-bench.lock
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements-bench.lock
	@touch $@

# Makes the mutants for `make mutate`.
$(VENV)/.mutation: $(VENV)/.dev requirements-mutation.lock
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements-mutation.lock
	@touch $@

# Everything for `python -m stages.training...`; not needed to run or test.
$(VENV)/.training: $(VENV)/.dev requirements-training.lock
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements-training.lock
	@touch $@

# Pin anew. torch and its CUDA packages stay out: machines differ in which build they hold.
lock:
	deploy/lock.sh

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

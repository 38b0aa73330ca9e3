"""Every error the assistant raises on purpose.

    AssistantError                      exit 1
    ├── UserError                       exit 2   the caller can mend it
    │   ├── SettingsError               exit 2   a setting is unknown or out of range
    │   ├── QuestionError               exit 2   an empty or oversized question
    │   ├── SourceError                 exit 3   a file or URL cannot become an article
    │   ├── ArticleNotFoundError        exit 4   no article has this id
    │   ├── CorpusEmptyError            exit 5   the corpus reads as empty; the index is left alone
    │   ├── ReplicaError                exit 6   a replica was asked to change the articles
    │   ├── ExtraMissingError           exit 2   a part is asked for that is not installed
    │   └── PromptError                 exit 2   a prompt on disk is malformed
    ├── ModelError                      exit 10
    │   ├── ModelNotFoundError          exit 10  unknown name, or its files are not here yet
    │   ├── ModelDigestError            exit 11  a model file is not the one that was pinned
    │   ├── ModelPullError              exit 12  no source delivered the file
    │   └── ModelServerError            exit 13  the chat model's server failed or timed out
    ├── SearchIndexError                exit 20
    │   ├── IndexLockedError            exit 21  another process is writing
    │   ├── IndexMissingError           exit 22  not built yet for these settings
    │   ├── IndexDamagedError           exit 23  a generation fails its verification
    │   ├── IndexWriteError             exit 24  disk full, folder read-only, wrong owner
    │   └── IndexServerError            exit 25  the Chroma server failed or timed out
    ├── CorpusStoreError                exit 35  the corpus cannot be listed, read or written
    ├── WorkersError                    exit 40  the workers of bulk ingestion failed
    └── ServiceError                    exit 30
        ├── BusyError                   exit 31  as many questions wait as may
        └── ClosingError                exit 32  the server is shutting down

Each message says what happened, to what, and what to do next.
"""


class AssistantError(Exception):
    """Root of the tree.

    `message` says what happened and to what; `hint` says what to do next.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UserError(AssistantError):
    """Something the caller can mend."""

    exit_code = 2


class SettingsError(UserError):
    """A setting is unknown, malformed or out of range."""


class QuestionError(UserError):
    """The question is empty or longer than the model may read."""


class PromptError(UserError):
    """A prompt on disk lacks a file or a variable, or names one nobody fills."""


class SourceError(UserError):
    """A file or URL cannot become an article."""

    exit_code = 3


class ArticleNotFoundError(UserError):
    """No article of the corpus has this id."""

    exit_code = 4


class CorpusEmptyError(UserError):
    """The corpus reads as empty; the index is left as it is."""

    exit_code = 5


class ReplicaError(UserError):
    """A replica follows the index of others; it neither adds nor removes articles."""

    exit_code = 6

    def __init__(self) -> None:
        super().__init__(
            "This process is a replica: it does not change the articles.",
            hint="Add and remove them where `assistant ingest` runs, which is the machine with the "
            "corpus and without ASSISTANT_REPLICA.",
        )


class ExtraMissingError(UserError):
    """Something is asked for that needs an extra which is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} is not installed.", hint=f"Run `pip install 'article-assistant[{extra}]'`."
        )


class ModelError(AssistantError):
    """A model file or a model server."""

    exit_code = 10


class ModelNotFoundError(ModelError):
    """The model is not in the catalogue, or its files are not on this machine yet."""


class ModelDigestError(ModelError):
    """A model file differs from the pinned digest; it is never loaded."""

    exit_code = 11


class ModelPullError(ModelError):
    """No source delivered the model's files."""

    exit_code = 12


class ModelServerError(ModelError):
    """The chat model's server refused, failed or timed out."""

    exit_code = 13


class SearchIndexError(AssistantError):
    """The derived index."""

    exit_code = 20


class IndexLockedError(SearchIndexError):
    """Another process is writing the index."""

    exit_code = 21


class IndexMissingError(SearchIndexError):
    """No index exists for these settings yet."""

    exit_code = 22


class IndexDamagedError(SearchIndexError):
    """A generation of the index fails its verification."""

    exit_code = 23


class IndexWriteError(SearchIndexError):
    """The index cannot be written: disk full, read-only folder, wrong owner."""

    exit_code = 24


class IndexServerError(SearchIndexError):
    """The Chroma server that holds the vectors refused, failed or timed out."""

    exit_code = 25


class CorpusStoreError(AssistantError):
    """What holds the corpus is missing, away or refuses; the index is left as it is."""

    exit_code = 35


class WorkersError(AssistantError):
    """The workers of bulk ingestion cannot be reached, or failed."""

    exit_code = 40


class ServiceError(AssistantError):
    """The running server."""

    exit_code = 30


class BusyError(ServiceError):
    """As many questions wait as may."""

    exit_code = 31

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            "The assistant is busy, and its queue is full.",
            hint=f"Ask again in {retry_after_s} seconds.",
        )
        self.retry_after_s = retry_after_s


class ClosingError(ServiceError):
    """The server is shutting down."""

    exit_code = 32

    def __init__(self) -> None:
        super().__init__("The server is shutting down.", hint="Ask again when it is back.")

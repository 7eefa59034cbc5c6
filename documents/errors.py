"""The error that every expected failure of Refdesk is."""

from __future__ import annotations


class RefdeskError(Exception):
    """An expected failure. Its message is one line that names the file or value and says what to do.

    The tree, by package; catch ``RefdeskError`` for all of them::

        RefdeskError
        ├── DocumentError              documents: a file that cannot be read, or a text that cannot be indexed
        │   └── TooManyChunksError     documents: a text of more chunks than allowed
        ├── StoreError                 index: an index that cannot be used as asked
        │   ├── BusyError              index: another writer took too long
        │   ├── ConnectionLostError    index: a database whose server went away meanwhile
        │   └── EmptyIndexError        index: an index without documents
        ├── ModelError                 index: a model that cannot be found or used
        ├── SettingsError              qa: a setting with a value that it cannot have
        ├── QuestionError              qa: a question that cannot be asked as it is
        ├── GenerationError            qa.llm: a language model that cannot be loaded, reached or heard out
        ├── VerifyError                qa.saved: a file that holds no answers
        ├── DatasetError               qa.evaluation: a benchmark file that cannot be read
        ├── ReplyError                 qa.evaluation: an answer of another system that cannot be scored
        ├── JudgeError                 qa.evaluation: a judge of citations that fails
        ├── PipelineError              qa.evaluation: a pipeline of another framework that cannot be built or asked
        ├── RunError                   qa.evaluation: a run that cannot be made, read or replayed
        ├── ComparisonError            qa.evaluation: runs that cannot be compared
        ├── SystemChoiceError          qa.evaluation: a system that cannot do what is asked of it
        ├── OriginalError              qa.serving.library: an original that cannot be shown
        │   └── OriginalsBusyError     qa.serving.library: too many images of originals are asked for
        ├── ChoiceError                qa.serving.library: documents chosen that are not there
        ├── UploadError                qa.serving.uploads: a file that a visitor may not bring
        ├── QueueFullError             qa.serving.answering: a question that would wait too long
        ├── RequestError               qa.serving.api: a request that cannot be served
        ├── ClientError                qa.client: a server that refuses or cannot be reached
        ├── FeedbackError              qa.serving.api: feedback that cannot be kept or read
        ├── TelemetryError             qa.serving.answering: spans that cannot be sent
        ├── BrandingError              qa.serving.chat: a title, colour or logo that the page cannot have
        ├── PortInUseError             qa.serving: an address that cannot be listened on
        ├── WorkersError               qa.serving.answering: worker processes that cannot answer here, or not any more
        ├── MachineError               qa.serving.operations: a system that grants too little to serve
        ├── BackupError                qa.serving.operations: a backup that cannot be made or restored
        ├── ClusterError               qa.serving.operations: a Ray cluster that cannot be used, or a failed worker
        ├── ExportError                qa.cli: a file that feedback cannot be exported to
        ├── AccessError                qa.serving.access: users or tokens that are not as asked
        │   └── ProviderError          qa.serving.access: an identity provider that vouches for nobody
        └── NotPublicError             qa.serving.access: an address that lets others in, where nobody is known
    """

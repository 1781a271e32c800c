"""CodeCommit's modelled errors. Source: botocore, codecommit/2015-04-13/service-2.json."""

from typing import ClassVar

from emulator.control_plane.base import AwsError


class _About(AwsError):
    """An error about one named thing; `template` says what is wrong with it."""

    template: ClassVar[str]

    def __init__(self, thing: object = "") -> None:
        super().__init__(self.template.format(thing))


class RepositoryDoesNotExist(_About):
    code = "RepositoryDoesNotExistException"
    template = "{} does not exist"


class RepositoryNameExists(_About):
    code = "RepositoryNameExistsException"
    template = "Repository named {} already exists"


class InvalidRepositoryName(_About):
    code = "InvalidRepositoryNameException"
    template = (
        "The repository name `{}` is not valid. Use 1 to 100 letters, numbers, periods, "
        "underscores and dashes; it cannot end in .git."
    )


class RepositoryNameRequired(_About):
    code = "RepositoryNameRequiredException"
    template = "A repository name is required."


class BranchNameRequired(_About):
    code = "BranchNameRequiredException"
    template = "A branch name is required."


class BranchDoesNotExist(_About):
    code = "BranchDoesNotExistException"
    template = "Branch {} does not exist."


class BranchNameExists(_About):
    code = "BranchNameExistsException"
    template = "Branch {} already exists."


class BranchNameIsTagName(_About):
    code = "BranchNameIsTagNameException"
    template = "{} is the name of a tag, not of a branch."


class InvalidBranchName(_About):
    code = "InvalidBranchNameException"
    template = "The branch name `{}` is not a valid git reference name."


class DefaultBranchCannotBeDeleted(_About):
    code = "DefaultBranchCannotBeDeletedException"
    template = "Branch {} is the default branch; make another branch the default first."


class InvalidCommitId(_About):
    code = "InvalidCommitIdException"
    template = "The commit id `{}` is not valid; give its full 40 hexadecimal digits."


class CommitIdDoesNotExist(_About):
    code = "CommitIdDoesNotExistException"
    template = "Commit {} does not exist."


class CommitDoesNotExist(_About):
    code = "CommitDoesNotExistException"
    template = "No commit is found by the specifier {}."


class InvalidParentCommitId(_About):
    code = "InvalidParentCommitIdException"
    template = "The parent commit id `{}` is not valid; give its full 40 hexadecimal digits."


class ParentCommitDoesNotExist(_About):
    code = "ParentCommitDoesNotExistException"
    template = "Parent commit {} does not exist."


class ParentCommitIdRequired(_About):
    code = "ParentCommitIdRequiredException"
    template = "A parent commit id is required: branch {} has commits."


class ParentCommitIdOutdated(_About):
    code = "ParentCommitIdOutdatedException"
    template = "The parent commit id is outdated: the tip of branch is {}."


class PathRequired(_About):
    code = "PathRequiredException"
    template = "A path is required."


class InvalidPath(_About):
    code = "InvalidPathException"
    template = "The path `{}` is not valid inside a repository."


class FileDoesNotExist(_About):
    code = "FileDoesNotExistException"
    template = "File {} does not exist on the specified commit."


class FolderDoesNotExist(_About):
    code = "FolderDoesNotExistException"
    template = "Folder {} does not exist on the specified commit."


class PathDoesNotExist(_About):
    code = "PathDoesNotExistException"
    template = "Path {} does not exist on the specified commit."


class InvalidBlobId(_About):
    code = "InvalidBlobIdException"
    template = "The blob id `{}` is not valid; give its full 40 hexadecimal digits."


class BlobIdDoesNotExist(_About):
    code = "BlobIdDoesNotExistException"
    template = "Blob {} does not exist."


class FileTooLarge(_About):
    code = "FileTooLargeException"
    template = "{} is larger than 6 MB; clone the repository to read it."


class FileContentSizeLimitExceeded(_About):
    code = "FileContentSizeLimitExceededException"
    template = "The content of {} is larger than 6 MB; push it with git."


class SameFileContent(_About):
    code = "SameFileContentException"
    template = "File {} has this content and mode already."


class NoChange(_About):
    code = "NoChangeException"
    template = "The commit would change nothing on branch {}."


class FileEntryRequired(_About):
    code = "FileEntryRequiredException"
    template = "The commit names no file to put, delete or set the mode of."


class MaximumFileEntriesExceeded(_About):
    code = "MaximumFileEntriesExceededException"
    template = "A commit takes at most 100 file entries; got {}."


class PutFileEntryConflict(_About):
    code = "PutFileEntryConflictException"
    template = "File {} is put more than once in one commit."


class SamePathRequest(_About):
    code = "SamePathRequestException"
    template = "Path {} stands in more than one kind of change."


class SourceFileOrContentRequired(_About):
    code = "SourceFileOrContentRequiredException"
    template = "File {} has neither content nor a source file."


class FileContentAndSourceFileSpecified(_About):
    code = "FileContentAndSourceFileSpecifiedException"
    template = "File {} has both content and a source file."


class RestrictedSourceFile(_About):
    code = "RestrictedSourceFileException"
    template = "Source file {} is changed by the same commit."


class InvalidFileMode(_About):
    code = "InvalidFileModeException"
    template = "The file mode `{}` is none of EXECUTABLE, NORMAL, SYMLINK."


class FileNameConflictsWithDirectoryName(_About):
    code = "FileNameConflictsWithDirectoryNameException"
    template = "The file name {} is the name of a folder."


class DirectoryNameConflictsWithFileName(_About):
    code = "DirectoryNameConflictsWithFileNameException"
    template = "A folder of the path {} is the name of a file."


class FilePathConflictsWithSubmodulePath(_About):
    code = "FilePathConflictsWithSubmodulePathException"
    template = "The path {} is that of a submodule."


class InvalidEmail(_About):
    code = "InvalidEmailException"
    template = "The e-mail address `{}` is not valid."


class InvalidContinuationToken(_About):
    code = "InvalidContinuationTokenException"
    template = "The continuation token `{}` is not valid."


class InvalidResourceArn(_About):
    code = "InvalidResourceArnException"
    template = "`{}` is not the ARN of a CodeCommit repository."


class TooManyTags(_About):
    code = "TooManyTagsException"
    template = "A repository has at most 50 tags; this would make {}."


class InvalidSystemTagUsage(_About):
    code = "InvalidSystemTagUsageException"
    template = "The tag key {} starts with aws:, which is reserved."


class MaximumRepositoryNamesExceeded(_About):
    code = "MaximumRepositoryNamesExceededException"
    template = "At most 100 repository names are allowed; got {}."


class CommitIdsLimitExceeded(_About):
    code = "CommitIdsLimitExceededException"
    template = "At most 100 commit ids are allowed; got {}."


class InvalidMaxResults(_About):
    code = "InvalidMaxResultsException"
    template = "MaxResults must be between 1 and 1000; got {}."


class InvalidSortBy(_About):
    code = "InvalidSortByException"
    template = "sortBy is repositoryName or lastModifiedDate; got `{}`."


class InvalidOrder(_About):
    code = "InvalidOrderException"
    template = "order is ascending or descending; got `{}`."


class InvalidRepositoryDescription(_About):
    code = "InvalidRepositoryDescriptionException"
    template = "A repository description has at most 1000 characters; got {}."

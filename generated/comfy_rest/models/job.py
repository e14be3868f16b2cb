from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.history_status import HistoryStatus
    from ..models.job_error import JobError
    from ..models.job_preview import JobPreview
    from ..models.job_workflow import JobWorkflow
    from ..models.node_outputs import NodeOutputs


T = TypeVar("T", bound="Job")


@_attrs_define
class Job:
    """
    Attributes:
        id (str): The prompt id.
        status (str): `pending`, `in_progress`, `completed`, `failed` or `cancelled`.
        priority (float | Unset): Place in the queue, as in `number` of `queuePrompt`.
        create_time (int | Unset): Milliseconds since 1970.
        execution_start_time (int | Unset): Milliseconds since 1970.
        execution_end_time (int | Unset): Milliseconds since 1970.
        execution_error (JobError | Unset): Data of the event `execution_error`.
        outputs_count (int | Unset):
        previewable_outputs_count (int | Unset):
        preview_output (JobPreview | Unset): The output to show for the job, a file or a text, with the node it came
            from.
        workflow_id (str | Unset):
        outputs (NodeOutputs | Unset): What each output node returned for display, by node id. Newer servers may add
            `metadata` to files.
        execution_status (HistoryStatus | None | Unset):
        workflow (JobWorkflow | Unset):
    """

    id: str
    status: str
    priority: float | Unset = UNSET
    create_time: int | Unset = UNSET
    execution_start_time: int | Unset = UNSET
    execution_end_time: int | Unset = UNSET
    execution_error: JobError | Unset = UNSET
    outputs_count: int | Unset = UNSET
    previewable_outputs_count: int | Unset = UNSET
    preview_output: JobPreview | Unset = UNSET
    workflow_id: str | Unset = UNSET
    outputs: NodeOutputs | Unset = UNSET
    execution_status: HistoryStatus | None | Unset = UNSET
    workflow: JobWorkflow | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.history_status import HistoryStatus  # noqa: PLC0415

        id = self.id

        status = self.status

        priority = self.priority

        create_time = self.create_time

        execution_start_time = self.execution_start_time

        execution_end_time = self.execution_end_time

        execution_error: dict[str, Any] | Unset = UNSET
        if not isinstance(self.execution_error, Unset):
            execution_error = self.execution_error.to_dict()

        outputs_count = self.outputs_count

        previewable_outputs_count = self.previewable_outputs_count

        preview_output: dict[str, Any] | Unset = UNSET
        if not isinstance(self.preview_output, Unset):
            preview_output = self.preview_output.to_dict()

        workflow_id = self.workflow_id

        outputs: dict[str, Any] | Unset = UNSET
        if not isinstance(self.outputs, Unset):
            outputs = self.outputs.to_dict()

        execution_status: dict[str, Any] | None | Unset
        if isinstance(self.execution_status, Unset):
            execution_status = UNSET
        elif isinstance(self.execution_status, HistoryStatus):
            execution_status = self.execution_status.to_dict()
        else:
            execution_status = self.execution_status

        workflow: dict[str, Any] | Unset = UNSET
        if not isinstance(self.workflow, Unset):
            workflow = self.workflow.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "status": status,
            }
        )
        if priority is not UNSET:
            field_dict["priority"] = priority
        if create_time is not UNSET:
            field_dict["create_time"] = create_time
        if execution_start_time is not UNSET:
            field_dict["execution_start_time"] = execution_start_time
        if execution_end_time is not UNSET:
            field_dict["execution_end_time"] = execution_end_time
        if execution_error is not UNSET:
            field_dict["execution_error"] = execution_error
        if outputs_count is not UNSET:
            field_dict["outputs_count"] = outputs_count
        if previewable_outputs_count is not UNSET:
            field_dict["previewable_outputs_count"] = previewable_outputs_count
        if preview_output is not UNSET:
            field_dict["preview_output"] = preview_output
        if workflow_id is not UNSET:
            field_dict["workflow_id"] = workflow_id
        if outputs is not UNSET:
            field_dict["outputs"] = outputs
        if execution_status is not UNSET:
            field_dict["execution_status"] = execution_status
        if workflow is not UNSET:
            field_dict["workflow"] = workflow

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.history_status import HistoryStatus  # noqa: PLC0415
        from ..models.job_error import JobError  # noqa: PLC0415
        from ..models.job_preview import JobPreview  # noqa: PLC0415
        from ..models.job_workflow import JobWorkflow  # noqa: PLC0415
        from ..models.node_outputs import NodeOutputs  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        status = d.pop("status")

        priority = d.pop("priority", UNSET)

        create_time = d.pop("create_time", UNSET)

        execution_start_time = d.pop("execution_start_time", UNSET)

        execution_end_time = d.pop("execution_end_time", UNSET)

        _execution_error = d.pop("execution_error", UNSET)
        execution_error: JobError | Unset
        if isinstance(_execution_error, Unset):
            execution_error = UNSET
        else:
            execution_error = JobError.from_dict(_execution_error)

        outputs_count = d.pop("outputs_count", UNSET)

        previewable_outputs_count = d.pop("previewable_outputs_count", UNSET)

        _preview_output = d.pop("preview_output", UNSET)
        preview_output: JobPreview | Unset
        if isinstance(_preview_output, Unset):
            preview_output = UNSET
        else:
            preview_output = JobPreview.from_dict(_preview_output)

        workflow_id = d.pop("workflow_id", UNSET)

        _outputs = d.pop("outputs", UNSET)
        outputs: NodeOutputs | Unset
        if isinstance(_outputs, Unset):
            outputs = UNSET
        else:
            outputs = NodeOutputs.from_dict(_outputs)

        def _parse_execution_status(data: object) -> HistoryStatus | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                execution_status_type_0 = HistoryStatus.from_dict(data)

                return execution_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HistoryStatus | None | Unset, data)

        execution_status = _parse_execution_status(d.pop("execution_status", UNSET))

        _workflow = d.pop("workflow", UNSET)
        workflow: JobWorkflow | Unset
        if isinstance(_workflow, Unset):
            workflow = UNSET
        else:
            workflow = JobWorkflow.from_dict(_workflow)

        job = cls(
            id=id,
            status=status,
            priority=priority,
            create_time=create_time,
            execution_start_time=execution_start_time,
            execution_end_time=execution_end_time,
            execution_error=execution_error,
            outputs_count=outputs_count,
            previewable_outputs_count=previewable_outputs_count,
            preview_output=preview_output,
            workflow_id=workflow_id,
            outputs=outputs,
            execution_status=execution_status,
            workflow=workflow,
        )

        job.additional_properties = d
        return job

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

# SPDX-License-Identifier: Apache-2.0
"""What the front hands to the back: a service without any JSON of the model left in it."""

from dataclasses import dataclass, field


@dataclass
class Member:
    name: str  # model name
    cpp_name: str
    wire_name: str
    shape: "Shape"
    query_name: str = ""
    location: str = "body"
    required: bool = False
    payload: bool = False
    idempotency_token: bool = False
    flattened: bool = False
    xml_attribute: bool = False
    json_value: bool = False
    event_header: bool = False
    event_payload: bool = False
    time_format: str = ""
    boxed: bool = False  # held by aws::Box, because the structure contains itself


@dataclass
class Shape:
    name: str
    # structure list map string blob boolean integer long float double timestamp document
    # byte_stream event_stream
    kind: str
    min: int | None = None
    max: int | None = None
    pattern: str = ""
    enum: list[str] = field(default_factory=list)
    sensitive: bool = False
    is_union: bool = False
    is_exception: bool = False
    xml_name: str = ""
    xml_prefix: str = ""
    xml_namespace: str = ""
    time_format: str = ""
    members: list[Member] = field(default_factory=list)
    element: "Shape | None" = None
    key: "Shape | None" = None
    element_name: str = "member"
    key_name: str = "key"
    value_name: str = "value"
    flattened: bool = False


@dataclass
class ErrorShape:
    name: str
    function: str  # C++ factory
    code: str
    http_status: int
    message_name: str
    has_type: bool  # Lambda's "Type": "User" beside the message
    query_code: str = ""


@dataclass
class Operation:
    name: str
    file: str  # "create_function"
    http_method: str
    request_uri: str
    success_status: int
    unsigned_allowed: bool
    result_wrapper: str
    max_body_bytes: int
    built: bool
    required_query: str = ""
    required_header: str = ""
    unwrapped_output: bool = False
    gzip_request: bool = False
    input: Shape | None = None
    output: Shape | None = None


@dataclass
class Service:
    id: str
    signing_name: str
    endpoint_prefix: str
    target_prefix: str
    api_version: str
    xml_namespace: str
    protocol: str  # C++ enumerator
    is_global: bool
    also: list[str] = field(default_factory=list)  # further protocols
    query_compatible: bool = False
    bare_errors: bool = False
    validation_code: str = ""
    host_label: str = ""
    path_member: str = ""
    operations: list[Operation] = field(default_factory=list)
    errors: list[ErrorShape] = field(default_factory=list)
    # Shapes of built operations. Those used by one operation only are under its name, those used
    # by several under "". Structures come after what they contain.
    shapes: dict[str, list[Shape]] = field(default_factory=dict)

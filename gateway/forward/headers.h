#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/http/content_coding.h"
#include "gateway/http/cors.h"
#include "gateway/http/message.h"
#include "gateway/routes/route_table.h"
#include "google/protobuf/message.h"

// Request headers that say something about the request's content, and preconditions (RFC 9110, 13.1).
namespace edudelta::gateway::forward {

// What scripts of these origins may send and read of the API.
http::CorsOptions CorsFor(std::vector<std::string> origins);

// Whether they can stand in the evidence log. INVALID_ARGUMENT: PURPOSE_INVALID, CASE_NUMBER_INVALID,
// CASE_NUMBER_PERSONAL.
absl::Status CheckPurposeAndCase(const http::Request& request, absl::Time now);

// Puts Idempotency-Key into the request's request_id, and If-Match into its etag, where the service compares it with
// the row. INVALID_ARGUMENT: PRECONDITION_MALFORMED, PRECONDITION_UNSUPPORTED where nobody would compare anything,
// ETAG_MISMATCH and REQUEST_ID_MISMATCH when the header and the request itself name different ones.
absl::Status FillFromHeaders(const http::Request& from, const routes::Route& route, bool partner,
                             google::protobuf::Message* request);

// Whether the answer with such a row has an ETag: partners do not see versions, and a version does not tell what is
// computed when the row is read.
bool HasTag(const google::protobuf::Descriptor* row, bool partner);

// Whether what a service refused is the request's If-Match, or its If-None-Match: 412.
bool IsFailedPrecondition(const http::Request& request, const absl::Status& refused);

// An answer's ETag as the tag of one representation: of one row there is one for each `view`, each form that callers
// see it in; and for each process of this program, since another one may have fields or masks that this one has not.
// If-Match takes all of them for the row's.
std::string TagOfView(absl::string_view etag, absl::string_view view);

// Of an export: "csv" or "ndjson", by Accept. CSV where none is named, or both are refused.
std::string AcceptedFormat(const http::Request& request);

http::Accepted AcceptedCoding(const http::Request& request);
// Says that the content is in gzip, which is a form with a tag of its own.
void MarkGzip(http::Headers* headers);
// In gzip, if the client takes that and it is worth it. Not for secrets: beside what others choose, their size tells.
void Encode(const http::Request& request, http::Response* response);

// Turns the 200 of a GET into the 304 that If-None-Match asks for. ABORTED (ETAG_MISMATCH) when If-Match names other
// tags.
absl::Status MeetPreconditions(const http::Request& request, http::Response* response);

}  // namespace edudelta::gateway::forward

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A JSON answer; it must not be cached by a browser.
func jsonResponse(_ json: JSON, status: Int = 200) throws -> Response {
  Response(
    status: HTTPResponse.Status(code: status),
    headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
    body: ResponseBody(byteBuffer: ByteBuffer(bytes: try json.encoded())))
}

/// A picture. It never changes under its name.
func pngResponse(_ bytes: Data) -> Response {
  Response(
    status: .ok,
    headers: [
      .contentType: "image/png", .cacheControl: "private, max-age=86400", .xContentTypeOptions: "nosniff",
    ],
    body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
}

extension Request {
  /// The whole body; throws `BodyTooLarge` over `Limits.bodyBytes`.
  func bytes() async throws -> Data {
    do {
      return Data(try await body.collect(upTo: Limits.bodyBytes).readableBytesView)
    } catch is NIOTooManyBytesError {
      throw BodyTooLarge()
    }
  }
}

/// A request body over the limit.
struct BodyTooLarge: Error {}

/// A refusal of the person-side API, sent as `{"error": message}` with `status`.
struct PersonAPIError: Error, Equatable {
  var status: Int
  var message: String

  init(_ status: Int, _ message: String) {
    self.status = status
    self.message = message
  }
}

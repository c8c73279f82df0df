/// One call of any of the simulated APIs, without the HTTP library's types.
struct APIRequest: Sendable {
  var method = "POST"
  var path: String
  var query: [(name: String, value: String)] = []
  var body: [UInt8] = []

  /// Parameters from the query (GET) or the JSON body (POST).
  func parameters() throws(APIError) -> APIParameters {
    if body.isEmpty { return APIParameters(query: query) }
    do {
      let json = try JSONParser.parse(body)
      guard case .object = json else {
        throw APIError.java("org.tron.json.JSONException", "a JSON object was expected")
      }
      return APIParameters(json: json, query: query)
    } catch let error as JSONParser.Malformed {
      throw .java("org.tron.json.JSONException", "\(error.reason), pos \(error.position)")
    } catch let error as APIError {
      throw error
    } catch {
      throw .java("org.tron.json.JSONException", "unreadable")
    }
  }
}

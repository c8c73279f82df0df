import Synchronization

/// Column names for property names: `energyPriceSun` → `energy_price_sun`, `orderID` → `order_id`.
enum ColumnName {
  /// The names of a program's rows are few; the bound only guards against keys that come from data.
  private static let cacheLimit = 4_096
  private static let cache = Mutex<[String: String]>([:])

  static func of(_ property: String) -> String {
    if let known = cache.withLock({ $0[property] }) { return known }
    let name = convert(property)
    cache.withLock { if $0.count < cacheLimit { $0[property] = name } }
    return name
  }

  /// A capital begins a word after a small letter or digit, and as the last of a run that a small letter follows.
  private static func convert(_ property: String) -> String {
    let letters = Array(property)
    var name = ""
    for (index, letter) in letters.enumerated() {
      if letter.isUppercase, index > 0, letters[index - 1] != "_" {
        let afterSmall = !letters[index - 1].isUppercase
        let beforeSmall = index + 1 < letters.count && letters[index + 1].isLowercase
        if afterSmall || beforeSmall { name.append("_") }
      }
      name.append(contentsOf: letter.lowercased())
    }
    return name
  }
}

/// Column names for property names: `energyPriceSun` → `energy_price_sun`, `orderID` → `order_id`.
enum ColumnName {
  static func of(_ property: String) -> String {
    var property = property
    return property.withUTF8 { letters in
      guard letters.contains(where: isLarge) else { return String(decoding: letters, as: UTF8.self) }
      return String(unsafeUninitializedCapacity: 2 * letters.count) { convert(letters, into: $0) }
    }
  }

  /// A capital begins a word after a small letter or digit, and as the last of a run that a small letter follows.
  /// Letters beyond ASCII stay as they are.
  /// - Returns: how many bytes were written.
  private static func convert(
    _ letters: UnsafeBufferPointer<UInt8>, into name: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    let line = UInt8(ascii: "_")
    var count = 0
    for (index, letter) in letters.enumerated() {
      if isLarge(letter), index > 0, letters[index - 1] != line {
        let afterSmall = !isLarge(letters[index - 1])
        let beforeSmall = index + 1 < letters.count && isSmall(letters[index + 1])
        if afterSmall || beforeSmall {
          name[count] = line
          count += 1
        }
      }
      name[count] = isLarge(letter) ? letter | 0x20 : letter
      count += 1
    }
    return count
  }

  private static func isLarge(_ letter: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter) }
  private static func isSmall(_ letter: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) }
}

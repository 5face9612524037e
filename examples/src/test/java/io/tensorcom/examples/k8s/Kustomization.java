// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.k8s;

import io.fabric8.zjsonpatch.JsonPatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * What kustomize makes of a folder, as far as ours use it: resources, JSON patches that each have
 * one target, and images. Anything else is refused.
 */
public final class Kustomization {
  private static final Set<String> KNOWN =
      Set.of("apiVersion", "kind", "resources", "patches", "images");
  private static final YAMLMapper YAML = new YAMLMapper();

  private Kustomization() {}

  /** {@return the objects of a folder, as {@code kubectl apply -k} would send them} */
  public static List<ObjectNode> render(Path folder) throws IOException {
    JsonNode file = YAML.readTree(Files.readString(folder.resolve("kustomization.yaml")));
    refuseUnknown(file, KNOWN, folder);
    List<ObjectNode> objects = new ArrayList<>();
    for (JsonNode resource : file.path("resources")) {
      Path path = folder.resolve(resource.asString()).normalize();
      if (!Files.isDirectory(path)) {
        objects.addAll(read(path));
      } else if (folder.normalize().startsWith(path)) {
        throw new IllegalArgumentException("kustomize refuses a folder around its own: " + path);
      } else {
        objects.addAll(render(path));
      }
    }
    refuseTwins(objects);
    for (JsonNode patch : file.path("patches")) {
      refuseUnknown(patch, Set.of("path", "target"), folder);
      apply(
          YAML.readTree(Files.readString(folder.resolve(patch.get("path").asString()))),
          patch.get("target"),
          objects);
    }
    file.path("images").forEach(image -> objects.forEach(each -> setImage(each, image)));
    return objects;
  }

  private static void refuseUnknown(JsonNode node, Set<String> known, Path folder) {
    for (String name : node.propertyNames()) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException("unknown in " + folder + ": " + name);
      }
    }
  }

  private static List<ObjectNode> read(Path file) throws IOException {
    try (MappingIterator<ObjectNode> documents =
        YAML.readerFor(ObjectNode.class).readValues(Files.readString(file))) {
      return documents.readAll();
    }
  }

  private static void refuseTwins(List<ObjectNode> objects) {
    Set<String> names =
        objects.stream()
            .map(each -> text(each, "/kind") + "/" + text(each, "/metadata/name"))
            .collect(Collectors.toSet());
    if (names.size() != objects.size()) {
      throw new IllegalArgumentException("an object twice: " + names);
    }
  }

  static String text(JsonNode node, String pointer) {
    return node.at(pointer).asString("");
  }

  private static void apply(JsonNode patch, JsonNode target, List<ObjectNode> objects) {
    String group = target.path("group").asString("");
    String version = target.get("version").asString();
    String apiVersion = group.isEmpty() ? version : group + "/" + version;
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      ObjectNode object = objects.get(i);
      if (text(object, "/apiVersion").equals(apiVersion)
          && text(object, "/kind").equals(target.get("kind").asString())
          && text(object, "/metadata/name").equals(target.get("name").asString())) {
        found.add(i);
      }
    }
    if (found.size() != 1) {
      throw new IllegalArgumentException("targets of a patch: " + target + ": " + found.size());
    }
    objects.set(found.get(0), (ObjectNode) JsonPatch.apply(patch, objects.get(found.get(0))));
  }

  private static void setImage(ObjectNode object, JsonNode image) {
    String name = image.get("name").asString();
    for (JsonNode container :
        object.findValues("containers").stream().flatMap(JsonNode::valueStream).toList()) {
      if (container.path("image").asString("").equals(name)) {
        ((ObjectNode) container)
            .put("image", image.get("newName").asString() + ":" + image.get("newTag").asString());
      }
    }
  }
}
